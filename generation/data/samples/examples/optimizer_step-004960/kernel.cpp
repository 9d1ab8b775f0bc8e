#define WP_NO_BFLOAT16

#define WP_TILE_BLOCK_DIM 1
#define WP_NO_CRT
#include "builtin.h"
#include "deterministic.h"

#define builtin_tid1d() wp::linear_tid<wp_linear_tid>(task_index, dim)
#define builtin_tid2d(x, y) wp::tid(x, y, task_index, dim)
#define builtin_tid3d(x, y, z) wp::tid(x, y, z, task_index, dim)
#define builtin_tid4d(x, y, z, w) wp::tid(x, y, z, w, task_index, dim)

#define builtin_block_dim() wp::block_dim()


// avoid namespacing of float type for casting to float type, this is to avoid wp::float(x), which is not valid in C++
#define float(x) cast_float(x)
#define adj_float(x, adj_x, adj_ret) adj_cast_float(x, adj_x, adj_ret)

#define int(x) cast_int(x)
#define adj_int(x, adj_x, adj_ret) adj_cast_int(x, adj_x, adj_ret)

struct wp_args_average_models_c7b8c654 {
    wp::array_t<wp::float32> client_params;
    wp::array_t<wp::float32> merged_params;
};


template <bool wp_linear_contiguous>
static void average_models_c7b8c654_cpu_kernel_forward(
    wp::launch_bounds_t<1> dim,
    size_t task_index,
    wp_args_average_models_c7b8c654 *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float32> var_client_params = _wp_args->client_params;
    wp::array_t<wp::float32> var_merged_params = _wp_args->merged_params;
    //---------
    // primal vars
    wp::int32 var_0;
    const wp::float32 var_1 = 0.0;
    wp::float32 var_2;
    const wp::int32 var_3 = 0;
    wp::float32* var_4;
    wp::float32 var_5;
    wp::float32 var_6;
    const wp::int32 var_7 = 1;
    wp::float32* var_8;
    wp::float32 var_9;
    wp::float32 var_10;
    const wp::int32 var_11 = 2;
    wp::float32* var_12;
    wp::float32 var_13;
    wp::float32 var_14;
    const wp::float32 var_15 = 3.0;
    wp::float32 var_16;
    //---------
    // forward
    // def average_models(client_params: wp.array2d[float], merged_params: wp.array[float]):       <L 5>
    // tid = wp.tid()                                                                         <L 6>
    var_0 = builtin_tid1d();
    // acc = float(0.0)                                                                       <L 7>
    var_2 = wp::float(var_1);
    // for model in range(3):                                                                 <L 8>
    // acc += client_params[model, tid]                                                       <L 9>
    var_4 = wp::address(var_client_params, var_3, var_0);
    var_6 = wp::load(var_4);
    var_5 = wp::add(var_2, var_6);
    var_8 = wp::address(var_client_params, var_7, var_0);
    var_10 = wp::load(var_8);
    var_9 = wp::add(var_5, var_10);
    var_12 = wp::address(var_client_params, var_11, var_0);
    var_14 = wp::load(var_12);
    var_13 = wp::add(var_9, var_14);
    // mean_value = acc / 3.0                                                                 <L 10>
    var_16 = wp::div(var_13, var_15);
    // merged_params[tid] = mean_value                                                        <L 11>
    wp::array_store(var_merged_params, var_0, var_16);
}



template <bool wp_linear_contiguous>
static void average_models_c7b8c654_cpu_kernel_backward(
    wp::launch_bounds_t<1> dim,
    size_t task_index,
    wp_args_average_models_c7b8c654 *_wp_args,
    wp_args_average_models_c7b8c654 *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float32> var_client_params = _wp_args->client_params;
    wp::array_t<wp::float32> var_merged_params = _wp_args->merged_params;
    wp::array_t<wp::float32> adj_client_params = _wp_adj_args->client_params;
    wp::array_t<wp::float32> adj_merged_params = _wp_adj_args->merged_params;
    //---------
    // primal vars
    wp::int32 var_0;
    const wp::float32 var_1 = 0.0;
    wp::float32 var_2;
    const wp::int32 var_3 = 0;
    wp::float32* var_4;
    wp::float32 var_5;
    wp::float32 var_6;
    const wp::int32 var_7 = 1;
    wp::float32* var_8;
    wp::float32 var_9;
    wp::float32 var_10;
    const wp::int32 var_11 = 2;
    wp::float32* var_12;
    wp::float32 var_13;
    wp::float32 var_14;
    const wp::float32 var_15 = 3.0;
    wp::float32 var_16;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::float32 adj_1 = {};
    wp::float32 adj_2 = {};
    wp::int32 adj_3 = {};
    wp::float32 adj_4 = {};
    wp::float32 adj_5 = {};
    wp::float32 adj_6 = {};
    wp::int32 adj_7 = {};
    wp::float32 adj_8 = {};
    wp::float32 adj_9 = {};
    wp::float32 adj_10 = {};
    wp::int32 adj_11 = {};
    wp::float32 adj_12 = {};
    wp::float32 adj_13 = {};
    wp::float32 adj_14 = {};
    wp::float32 adj_15 = {};
    wp::float32 adj_16 = {};
    //---------
    // forward
    // def average_models(client_params: wp.array2d[float], merged_params: wp.array[float]):       <L 5>
    // tid = wp.tid()                                                                         <L 6>
    var_0 = builtin_tid1d();
    // acc = float(0.0)                                                                       <L 7>
    var_2 = wp::float(var_1);
    // for model in range(3):                                                                 <L 8>
    // acc += client_params[model, tid]                                                       <L 9>
    var_4 = wp::address(var_client_params, var_3, var_0);
    var_6 = wp::load(var_4);
    var_5 = wp::add(var_2, var_6);
    var_8 = wp::address(var_client_params, var_7, var_0);
    var_10 = wp::load(var_8);
    var_9 = wp::add(var_5, var_10);
    var_12 = wp::address(var_client_params, var_11, var_0);
    var_14 = wp::load(var_12);
    var_13 = wp::add(var_9, var_14);
    // mean_value = acc / 3.0                                                                 <L 10>
    var_16 = wp::div(var_13, var_15);
    // merged_params[tid] = mean_value                                                        <L 11>
    // wp::array_store(var_merged_params, var_0, var_16);
    //---------
    // reverse
    wp::adj_array_store(var_merged_params, var_0, var_16, adj_merged_params, adj_0, adj_16);
    // adj: merged_params[tid] = mean_value                                                   <L 11>
    wp::adj_div(var_13, var_15, var_16, adj_13, adj_15, adj_16);
    // adj: mean_value = acc / 3.0                                                            <L 10>
    wp::adj_add(var_9, var_14, adj_9, adj_12, adj_13);
    wp::adj_address(var_client_params, var_11, var_0, adj_client_params, adj_11, adj_0, adj_12);
    wp::adj_add(var_5, var_10, adj_5, adj_8, adj_9);
    wp::adj_address(var_client_params, var_7, var_0, adj_client_params, adj_7, adj_0, adj_8);
    wp::adj_add(var_2, var_6, adj_2, adj_4, adj_5);
    wp::adj_address(var_client_params, var_3, var_0, adj_client_params, adj_3, adj_0, adj_4);
    // adj: acc += client_params[model, tid]                                                  <L 9>
    // adj: for model in range(3):                                                            <L 8>
    wp::adj_float(var_1, adj_1, adj_2);
    // adj: acc = float(0.0)                                                                  <L 7>
    // adj: tid = wp.tid()                                                                    <L 6>
    // adj: def average_models(client_params: wp.array2d[float], merged_params: wp.array[float]):  <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void average_models_c7b8c654_cpu_forward_tasks(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_c7b8c654 *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        average_models_c7b8c654_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void average_models_c7b8c654_cpu_forward_dispatch(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_c7b8c654 *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    average_models_c7b8c654_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void average_models_c7b8c654_cpu_forward(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_c7b8c654 *_wp_args)
{
    average_models_c7b8c654_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void average_models_c7b8c654_cpu_backward_tasks(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_c7b8c654 *_wp_args,
    wp_args_average_models_c7b8c654 *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        average_models_c7b8c654_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void average_models_c7b8c654_cpu_backward_dispatch(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_c7b8c654 *_wp_args,
    wp_args_average_models_c7b8c654 *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    average_models_c7b8c654_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void average_models_c7b8c654_cpu_backward(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_c7b8c654 *_wp_args,
    wp_args_average_models_c7b8c654 *_wp_adj_args)
{
    average_models_c7b8c654_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

