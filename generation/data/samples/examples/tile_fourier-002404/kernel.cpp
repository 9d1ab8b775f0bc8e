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

struct wp_args_transform_tiled_5df9c352 {
    wp::array_t<wp::vec_t<2, wp::float32>> field_in;
    wp::array_t<wp::vec_t<2, wp::float32>> result;
};


template <bool wp_linear_contiguous>
static void transform_tiled_5df9c352_cpu_kernel_forward(
    wp::launch_bounds_t<2> dim,
    size_t task_index,
    wp_args_transform_tiled_5df9c352 *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::vec_t<2, wp::float32>> var_field_in = _wp_args->field_in;
    wp::array_t<wp::vec_t<2, wp::float32>> var_result = _wp_args->result;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::array_t<wp::vec_t<2, wp::float32>> var_2;
    const wp::int32 var_3 = 3;
    const wp::int32 var_4 = 32;
    wp::tuple_t<wp::int32, wp::int32> var_5;
    wp::tile_register_t<wp::vec_t<2, wp::float32>,wp::tile_layout_register_t<wp::tile_shape_t<3,32>>> var_6 = wp::tile_register_t<wp::vec_t<2, wp::float32>,wp::tile_layout_register_t<wp::tile_shape_t<3,32>>>{};
    const wp::int32 var_7 = 0;
    const wp::int32 var_8 = 0;
    wp::array_t<wp::vec_t<2, wp::float32>> var_9;
    const wp::int32 var_10 = 0;
    const wp::int32 var_11 = 0;
    //---------
    // forward
    // def transform_tiled(field_in: wp.array4d[wp.vec2], result: wp.array4d[wp.vec2]):       <L 5>
    // i, j = wp.tid()                                                                        <L 6>
    builtin_tid2d(var_0, var_1);
    // field = wp.tile_load(field_in[i, j], shape=(3, 32))                                    <L 7>
    var_2 = wp::view(var_field_in, var_0, var_1);
    var_5 = wp::tuple(var_3, var_4);
    var_6 = wp::tile_load<wp::vec_t<2, wp::float32>, true, false, 3, 32>(var_2, var_7, var_8);
    // wp.tile_fft(field)                                                                     <L 8>
    tile_fft(/* scalar */ 0, /* scalar */ 0, wp::vec2f, 0, 3, 32, var_6);
    // wp.tile_store(result[i, j], field)                                                     <L 9>
    var_9 = wp::view(var_result, var_0, var_1);
    wp::tile_store<wp::vec_t<2, wp::float32>, true, false>(var_9, var_10, var_11, var_6);
}



template <bool wp_linear_contiguous>
static void transform_tiled_5df9c352_cpu_kernel_backward(
    wp::launch_bounds_t<2> dim,
    size_t task_index,
    wp_args_transform_tiled_5df9c352 *_wp_args,
    wp_args_transform_tiled_5df9c352 *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::vec_t<2, wp::float32>> var_field_in = _wp_args->field_in;
    wp::array_t<wp::vec_t<2, wp::float32>> var_result = _wp_args->result;
    wp::array_t<wp::vec_t<2, wp::float32>> adj_field_in = _wp_adj_args->field_in;
    wp::array_t<wp::vec_t<2, wp::float32>> adj_result = _wp_adj_args->result;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::array_t<wp::vec_t<2, wp::float32>> var_2;
    const wp::int32 var_3 = 3;
    const wp::int32 var_4 = 32;
    wp::tuple_t<wp::int32, wp::int32> var_5;
    wp::tile_register_t<wp::vec_t<2, wp::float32>,wp::tile_layout_register_t<wp::tile_shape_t<3,32>>> var_6 = wp::tile_register_t<wp::vec_t<2, wp::float32>,wp::tile_layout_register_t<wp::tile_shape_t<3,32>>>{};
    const wp::int32 var_7 = 0;
    const wp::int32 var_8 = 0;
    wp::array_t<wp::vec_t<2, wp::float32>> var_9;
    const wp::int32 var_10 = 0;
    const wp::int32 var_11 = 0;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::int32 adj_1 = {};
    wp::array_t<wp::vec_t<2, wp::float32>> adj_2 = {};
    wp::int32 adj_3 = {};
    wp::int32 adj_4 = {};
    wp::tuple_t<wp::int32, wp::int32> adj_5 = {};
    wp::tile_register_t<wp::vec_t<2, wp::float32>,wp::tile_layout_register_t<wp::tile_shape_t<3,32>>> adj_6{};
    wp::int32 adj_7 = {};
    wp::int32 adj_8 = {};
    wp::array_t<wp::vec_t<2, wp::float32>> adj_9 = {};
    wp::int32 adj_10 = {};
    wp::int32 adj_11 = {};
    //---------
    // forward
    // def transform_tiled(field_in: wp.array4d[wp.vec2], result: wp.array4d[wp.vec2]):       <L 5>
    // i, j = wp.tid()                                                                        <L 6>
    builtin_tid2d(var_0, var_1);
    // field = wp.tile_load(field_in[i, j], shape=(3, 32))                                    <L 7>
    var_2 = wp::view(var_field_in, var_0, var_1);
    var_5 = wp::tuple(var_3, var_4);
    var_6 = wp::tile_load<wp::vec_t<2, wp::float32>, true, false, 3, 32>(var_2, var_7, var_8);
    // wp.tile_fft(field)                                                                     <L 8>
    tile_fft(/* scalar */ 0, /* scalar */ 0, wp::vec2f, 0, 3, 32, var_6);
    // wp.tile_store(result[i, j], field)                                                     <L 9>
    var_9 = wp::view(var_result, var_0, var_1);
    // wp::tile_store<wp::vec_t<2, wp::float32>, true, false>(var_9, var_10, var_11, var_6);
    //---------
    // reverse
    wp::adj_tile_store(var_9, var_10, var_11, var_6, adj_9, adj_10, adj_11, adj_6);
    wp::adj_view(var_result, var_0, var_1, adj_result, adj_0, adj_1, adj_9);
    // adj: wp.tile_store(result[i, j], field)                                                <L 9>
    adj_tile_fft(/* scalar */ 0, /* scalar */ 0, wp::vec2f, 0, 3, 32, var_6, /* scalar */ 0, /* scalar */ 0, wp::vec2f, 0, 3, 32, adj_6);
    // adj: wp.tile_fft(field)                                                                <L 8>
    wp::adj_tile_load(var_2, var_7, var_8, adj_2, adj_7, adj_8, adj_6);
    wp::adj_view(var_field_in, var_0, var_1, adj_field_in, adj_0, adj_1, adj_2);
    // adj: field = wp.tile_load(field_in[i, j], shape=(3, 32))                               <L 7>
    // adj: i, j = wp.tid()                                                                   <L 6>
    // adj: def transform_tiled(field_in: wp.array4d[wp.vec2], result: wp.array4d[wp.vec2]):  <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void transform_tiled_5df9c352_cpu_forward_tasks(
    wp::launch_bounds_t<2> *dim,
    wp_args_transform_tiled_5df9c352 *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        transform_tiled_5df9c352_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void transform_tiled_5df9c352_cpu_forward_dispatch(
    wp::launch_bounds_t<2> *dim,
    wp_args_transform_tiled_5df9c352 *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    transform_tiled_5df9c352_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void transform_tiled_5df9c352_cpu_forward(
    wp::launch_bounds_t<2> *dim,
    wp_args_transform_tiled_5df9c352 *_wp_args)
{
    transform_tiled_5df9c352_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void transform_tiled_5df9c352_cpu_backward_tasks(
    wp::launch_bounds_t<2> *dim,
    wp_args_transform_tiled_5df9c352 *_wp_args,
    wp_args_transform_tiled_5df9c352 *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        transform_tiled_5df9c352_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void transform_tiled_5df9c352_cpu_backward_dispatch(
    wp::launch_bounds_t<2> *dim,
    wp_args_transform_tiled_5df9c352 *_wp_args,
    wp_args_transform_tiled_5df9c352 *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    transform_tiled_5df9c352_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void transform_tiled_5df9c352_cpu_backward(
    wp::launch_bounds_t<2> *dim,
    wp_args_transform_tiled_5df9c352 *_wp_args,
    wp_args_transform_tiled_5df9c352 *_wp_adj_args)
{
    transform_tiled_5df9c352_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

