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

struct wp_args_average_models_08bd0745 {
    wp::array_t<wp::float64> models;
    wp::array_t<wp::float64> averaged;
};


template <bool wp_linear_contiguous>
static void average_models_08bd0745_cpu_kernel_forward(
    wp::launch_bounds_t<1> dim,
    size_t task_index,
    wp_args_average_models_08bd0745 *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float64> var_models = _wp_args->models;
    wp::array_t<wp::float64> var_averaged = _wp_args->averaged;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::shape_t* var_1;
    const wp::int32 var_2 = 0;
    wp::int32 var_3;
    wp::shape_t var_4;
    wp::float64 var_5;
    wp::range_t var_6;
    wp::int32 var_7;
    wp::float64* var_8;
    wp::float64 var_9;
    wp::float64 var_10;
    wp::float64 var_11;
    wp::float64 var_12;
    //---------
    // forward
    // def average_models(models: wp.array2d[wp.float64], averaged: wp.array[wp.float64]):       <L 5>
    // tid = wp.tid()                                                                         <L 6>
    var_0 = builtin_tid1d();
    // clients = models.shape[0]                                                              <L 7>
    var_1 = &(var_models.shape);
    var_4 = wp::load(var_1);
    var_3 = wp::extract(var_4, var_2);
    // acc = wp.float64(0.0)                                                                  <L 8>
    var_5 = 0.0;
    // for model in range(clients):                                                           <L 9>
    var_6 = wp::range(var_3);
    start_for_0:;
        if (iter_cmp(var_6) == 0) goto end_for_0;
        var_7 = wp::iter_next(var_6);
        // acc += models[model, tid]                                                          <L 10>
        var_8 = wp::address(var_models, var_7, var_0);
        var_10 = wp::load(var_8);
        var_9 = wp::add(var_5, var_10);
        wp::assign(var_5, var_9);
        goto start_for_0;
    end_for_0:;
    // mean_value = acc / wp.float64(clients)                                                 <L 11>
    var_11 = wp::float64(var_3);
    var_12 = wp::div(var_5, var_11);
    // averaged[tid] = mean_value                                                             <L 12>
    wp::array_store(var_averaged, var_0, var_12);
}



template <bool wp_linear_contiguous>
static void average_models_08bd0745_cpu_kernel_backward(
    wp::launch_bounds_t<1> dim,
    size_t task_index,
    wp_args_average_models_08bd0745 *_wp_args,
    wp_args_average_models_08bd0745 *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float64> var_models = _wp_args->models;
    wp::array_t<wp::float64> var_averaged = _wp_args->averaged;
    wp::array_t<wp::float64> adj_models = _wp_adj_args->models;
    wp::array_t<wp::float64> adj_averaged = _wp_adj_args->averaged;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::shape_t* var_1;
    const wp::int32 var_2 = 0;
    wp::int32 var_3;
    wp::shape_t var_4;
    wp::float64 var_5;
    wp::range_t var_6;
    wp::int32 var_7;
    wp::float64* var_8;
    wp::float64 var_9;
    wp::float64 var_10;
    wp::float64 var_11;
    wp::float64 var_12;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::shape_t adj_1 = {};
    wp::int32 adj_2 = {};
    wp::int32 adj_3 = {};
    wp::shape_t adj_4 = {};
    wp::float64 adj_5 = {};
    wp::range_t adj_6 = {};
    wp::int32 adj_7 = {};
    wp::float64 adj_8 = {};
    wp::float64 adj_9 = {};
    wp::float64 adj_10 = {};
    wp::float64 adj_11 = {};
    wp::float64 adj_12 = {};
    //---------
    // forward
    // def average_models(models: wp.array2d[wp.float64], averaged: wp.array[wp.float64]):       <L 5>
    // tid = wp.tid()                                                                         <L 6>
    var_0 = builtin_tid1d();
    // clients = models.shape[0]                                                              <L 7>
    var_1 = &(var_models.shape);
    var_4 = wp::load(var_1);
    var_3 = wp::extract(var_4, var_2);
    // acc = wp.float64(0.0)                                                                  <L 8>
    var_5 = 0.0;
    // for model in range(clients):                                                           <L 9>
    var_6 = wp::range(var_3);
    // mean_value = acc / wp.float64(clients)                                                 <L 11>
    var_11 = wp::float64(var_3);
    var_12 = wp::div(var_5, var_11);
    // averaged[tid] = mean_value                                                             <L 12>
    // wp::array_store(var_averaged, var_0, var_12);
    //---------
    // reverse
    wp::adj_array_store(var_averaged, var_0, var_12, adj_averaged, adj_0, adj_12);
    // adj: averaged[tid] = mean_value                                                        <L 12>
    wp::adj_div(var_5, var_11, var_12, adj_5, adj_11, adj_12);
    wp::adj_float64(var_3, adj_3, adj_11);
    // adj: mean_value = acc / wp.float64(clients)                                            <L 11>
    var_6 = wp::iter_reverse(var_6);
    start_for_0:;
        if (iter_cmp(var_6) == 0) goto end_for_0;
        var_7 = wp::iter_next(var_6);
    	adj_8 = {};
    	adj_9 = {};
    	adj_10 = {};
        // acc += models[model, tid]                                                          <L 10>
        var_8 = wp::address(var_models, var_7, var_0);
        var_10 = wp::load(var_8);
        var_9 = wp::add(var_5, var_10);
        wp::assign(var_5, var_9);
        wp::adj_assign(var_5, var_9, adj_5, adj_9);
        wp::adj_add(var_5, var_10, adj_5, adj_8, adj_9);
        wp::adj_address(var_models, var_7, var_0, adj_models, adj_7, adj_0, adj_8);
        // adj: acc += models[model, tid]                                                     <L 10>
    	goto start_for_0;
    end_for_0:;
    // adj: for model in range(clients):                                                      <L 9>
    // adj: acc = wp.float64(0.0)                                                             <L 8>
    adj_models.shape = adj_1;
    // adj: clients = models.shape[0]                                                         <L 7>
    // adj: tid = wp.tid()                                                                    <L 6>
    // adj: def average_models(models: wp.array2d[wp.float64], averaged: wp.array[wp.float64]):  <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void average_models_08bd0745_cpu_forward_tasks(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_08bd0745 *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        average_models_08bd0745_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void average_models_08bd0745_cpu_forward_dispatch(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_08bd0745 *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    average_models_08bd0745_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void average_models_08bd0745_cpu_forward(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_08bd0745 *_wp_args)
{
    average_models_08bd0745_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void average_models_08bd0745_cpu_backward_tasks(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_08bd0745 *_wp_args,
    wp_args_average_models_08bd0745 *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        average_models_08bd0745_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void average_models_08bd0745_cpu_backward_dispatch(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_08bd0745 *_wp_args,
    wp_args_average_models_08bd0745 *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    average_models_08bd0745_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void average_models_08bd0745_cpu_backward(
    wp::launch_bounds_t<1> *dim,
    wp_args_average_models_08bd0745 *_wp_args,
    wp_args_average_models_08bd0745 *_wp_adj_args)
{
    average_models_08bd0745_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

