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

struct wp_args_gather_rows_c120af9d {
    wp::array_t<wp::int32> input_ids;
    wp::array_t<wp::float32> weight;
    wp::int32 dim_size;
    wp::array_t<wp::float32> hidden;
    wp::float32 scale;
};


template <bool wp_linear_contiguous>
static void gather_rows_c120af9d_cpu_kernel_forward(
    wp::launch_bounds_t<2> dim,
    size_t task_index,
    wp_args_gather_rows_c120af9d *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::int32> var_input_ids = _wp_args->input_ids;
    wp::array_t<wp::float32> var_weight = _wp_args->weight;
    wp::int32 var_dim_size = _wp_args->dim_size;
    wp::array_t<wp::float32> var_hidden = _wp_args->hidden;
    wp::float32 var_scale = _wp_args->scale;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::int32* var_2;
    wp::int32 var_3;
    wp::int32 var_4;
    wp::int32 var_5;
    wp::int32 var_6;
    wp::float32* var_7;
    wp::float32 var_8;
    wp::float32 var_9;
    //---------
    // forward
    // def gather_rows(                                                                       <L 5>
    // token, d = wp.tid()                                                                    <L 12>
    builtin_tid2d(var_0, var_1);
    // row = input_ids[token]                                                                 <L 13>
    var_2 = wp::address(var_input_ids, var_0);
    var_4 = wp::load(var_2);
    var_3 = wp::copy(var_4);
    // element = scale * weight[row * dim_size + d]                                           <L 14>
    var_5 = wp::mul(var_3, var_dim_size);
    var_6 = wp::add(var_5, var_1);
    var_7 = wp::address(var_weight, var_6);
    var_9 = wp::load(var_7);
    var_8 = wp::mul(var_scale, var_9);
    // hidden[token, d] = element                                                             <L 15>
    wp::array_store(var_hidden, var_0, var_1, var_8);
}



template <bool wp_linear_contiguous>
static void gather_rows_c120af9d_cpu_kernel_backward(
    wp::launch_bounds_t<2> dim,
    size_t task_index,
    wp_args_gather_rows_c120af9d *_wp_args,
    wp_args_gather_rows_c120af9d *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::int32> var_input_ids = _wp_args->input_ids;
    wp::array_t<wp::float32> var_weight = _wp_args->weight;
    wp::int32 var_dim_size = _wp_args->dim_size;
    wp::array_t<wp::float32> var_hidden = _wp_args->hidden;
    wp::float32 var_scale = _wp_args->scale;
    wp::array_t<wp::int32> adj_input_ids = _wp_adj_args->input_ids;
    wp::array_t<wp::float32> adj_weight = _wp_adj_args->weight;
    wp::int32 adj_dim_size = _wp_adj_args->dim_size;
    wp::array_t<wp::float32> adj_hidden = _wp_adj_args->hidden;
    wp::float32 adj_scale = _wp_adj_args->scale;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::int32* var_2;
    wp::int32 var_3;
    wp::int32 var_4;
    wp::int32 var_5;
    wp::int32 var_6;
    wp::float32* var_7;
    wp::float32 var_8;
    wp::float32 var_9;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::int32 adj_1 = {};
    wp::int32 adj_2 = {};
    wp::int32 adj_3 = {};
    wp::int32 adj_4 = {};
    wp::int32 adj_5 = {};
    wp::int32 adj_6 = {};
    wp::float32 adj_7 = {};
    wp::float32 adj_8 = {};
    wp::float32 adj_9 = {};
    //---------
    // forward
    // def gather_rows(                                                                       <L 5>
    // token, d = wp.tid()                                                                    <L 12>
    builtin_tid2d(var_0, var_1);
    // row = input_ids[token]                                                                 <L 13>
    var_2 = wp::address(var_input_ids, var_0);
    var_4 = wp::load(var_2);
    var_3 = wp::copy(var_4);
    // element = scale * weight[row * dim_size + d]                                           <L 14>
    var_5 = wp::mul(var_3, var_dim_size);
    var_6 = wp::add(var_5, var_1);
    var_7 = wp::address(var_weight, var_6);
    var_9 = wp::load(var_7);
    var_8 = wp::mul(var_scale, var_9);
    // hidden[token, d] = element                                                             <L 15>
    // wp::array_store(var_hidden, var_0, var_1, var_8);
    //---------
    // reverse
    wp::adj_array_store(var_hidden, var_0, var_1, var_8, adj_hidden, adj_0, adj_1, adj_8);
    // adj: hidden[token, d] = element                                                        <L 15>
    wp::adj_mul(var_scale, var_9, adj_scale, adj_7, adj_8);
    wp::adj_address(var_weight, var_6, adj_weight, adj_6, adj_7);
    wp::adj_add(var_5, var_1, adj_5, adj_1, adj_6);
    wp::adj_mul(var_3, var_dim_size, adj_3, adj_dim_size, adj_5);
    // adj: element = scale * weight[row * dim_size + d]                                      <L 14>
    wp::adj_copy(var_4, adj_2, adj_3);
    wp::adj_address(var_input_ids, var_0, adj_input_ids, adj_0, adj_2);
    // adj: row = input_ids[token]                                                            <L 13>
    // adj: token, d = wp.tid()                                                               <L 12>
    // adj: def gather_rows(                                                                  <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void gather_rows_c120af9d_cpu_forward_tasks(
    wp::launch_bounds_t<2> *dim,
    wp_args_gather_rows_c120af9d *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        gather_rows_c120af9d_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void gather_rows_c120af9d_cpu_forward_dispatch(
    wp::launch_bounds_t<2> *dim,
    wp_args_gather_rows_c120af9d *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    gather_rows_c120af9d_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void gather_rows_c120af9d_cpu_forward(
    wp::launch_bounds_t<2> *dim,
    wp_args_gather_rows_c120af9d *_wp_args)
{
    gather_rows_c120af9d_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void gather_rows_c120af9d_cpu_backward_tasks(
    wp::launch_bounds_t<2> *dim,
    wp_args_gather_rows_c120af9d *_wp_args,
    wp_args_gather_rows_c120af9d *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        gather_rows_c120af9d_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void gather_rows_c120af9d_cpu_backward_dispatch(
    wp::launch_bounds_t<2> *dim,
    wp_args_gather_rows_c120af9d *_wp_args,
    wp_args_gather_rows_c120af9d *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    gather_rows_c120af9d_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void gather_rows_c120af9d_cpu_backward(
    wp::launch_bounds_t<2> *dim,
    wp_args_gather_rows_c120af9d *_wp_args,
    wp_args_gather_rows_c120af9d *_wp_adj_args)
{
    gather_rows_c120af9d_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

