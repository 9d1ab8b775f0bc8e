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

struct wp_args_apply_mat_a_4e61af70 {
    wp::array_t<wp::float32> mat_a;
    wp::array_t<wp::float32> mat_b;
    wp::array_t<wp::float32> mat_c;
};


template <bool wp_linear_contiguous>
static void apply_mat_a_4e61af70_cpu_kernel_forward(
    wp::launch_bounds_t<2> dim,
    size_t task_index,
    wp_args_apply_mat_a_4e61af70 *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float32> var_mat_a = _wp_args->mat_a;
    wp::array_t<wp::float32> var_mat_b = _wp_args->mat_b;
    wp::array_t<wp::float32> var_mat_c = _wp_args->mat_c;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::float32* var_2;
    wp::float32* var_3;
    wp::float32 var_4;
    wp::float32 var_5;
    wp::float32 var_6;
    wp::float32 var_7;
    //---------
    // forward
    // def apply_mat_a(                                                                       <L 5>
    // row, k = wp.tid()                                                                      <L 10>
    builtin_tid2d(var_0, var_1);
    // contribution = mat_a[row, k] * mat_b[row, k]                                           <L 11>
    var_2 = wp::address(var_mat_a, var_0, var_1);
    var_3 = wp::address(var_mat_b, var_0, var_1);
    var_5 = wp::load(var_2);
    var_6 = wp::load(var_3);
    var_4 = wp::mul(var_5, var_6);
    // wp.atomic_add(mat_c, row, contribution)                                                <L 12>
    var_7 = wp::atomic_add(var_mat_c, var_0, var_4);
}



template <bool wp_linear_contiguous>
static void apply_mat_a_4e61af70_cpu_kernel_backward(
    wp::launch_bounds_t<2> dim,
    size_t task_index,
    wp_args_apply_mat_a_4e61af70 *_wp_args,
    wp_args_apply_mat_a_4e61af70 *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float32> var_mat_a = _wp_args->mat_a;
    wp::array_t<wp::float32> var_mat_b = _wp_args->mat_b;
    wp::array_t<wp::float32> var_mat_c = _wp_args->mat_c;
    wp::array_t<wp::float32> adj_mat_a = _wp_adj_args->mat_a;
    wp::array_t<wp::float32> adj_mat_b = _wp_adj_args->mat_b;
    wp::array_t<wp::float32> adj_mat_c = _wp_adj_args->mat_c;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::float32* var_2;
    wp::float32* var_3;
    wp::float32 var_4;
    wp::float32 var_5;
    wp::float32 var_6;
    wp::float32 var_7;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::int32 adj_1 = {};
    wp::float32 adj_2 = {};
    wp::float32 adj_3 = {};
    wp::float32 adj_4 = {};
    wp::float32 adj_5 = {};
    wp::float32 adj_6 = {};
    wp::float32 adj_7 = {};
    //---------
    // forward
    // def apply_mat_a(                                                                       <L 5>
    // row, k = wp.tid()                                                                      <L 10>
    builtin_tid2d(var_0, var_1);
    // contribution = mat_a[row, k] * mat_b[row, k]                                           <L 11>
    var_2 = wp::address(var_mat_a, var_0, var_1);
    var_3 = wp::address(var_mat_b, var_0, var_1);
    var_5 = wp::load(var_2);
    var_6 = wp::load(var_3);
    var_4 = wp::mul(var_5, var_6);
    // wp.atomic_add(mat_c, row, contribution)                                                <L 12>
    // var_7 = wp::atomic_add(var_mat_c, var_0, var_4);
    //---------
    // reverse
    wp::adj_atomic_add(var_mat_c, var_0, var_4, adj_mat_c, adj_0, adj_4, adj_7);
    // adj: wp.atomic_add(mat_c, row, contribution)                                           <L 12>
    wp::adj_mul(var_5, var_6, adj_2, adj_3, adj_4);
    wp::adj_address(var_mat_b, var_0, var_1, adj_mat_b, adj_0, adj_1, adj_3);
    wp::adj_address(var_mat_a, var_0, var_1, adj_mat_a, adj_0, adj_1, adj_2);
    // adj: contribution = mat_a[row, k] * mat_b[row, k]                                      <L 11>
    // adj: row, k = wp.tid()                                                                 <L 10>
    // adj: def apply_mat_a(                                                                  <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void apply_mat_a_4e61af70_cpu_forward_tasks(
    wp::launch_bounds_t<2> *dim,
    wp_args_apply_mat_a_4e61af70 *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        apply_mat_a_4e61af70_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void apply_mat_a_4e61af70_cpu_forward_dispatch(
    wp::launch_bounds_t<2> *dim,
    wp_args_apply_mat_a_4e61af70 *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    apply_mat_a_4e61af70_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void apply_mat_a_4e61af70_cpu_forward(
    wp::launch_bounds_t<2> *dim,
    wp_args_apply_mat_a_4e61af70 *_wp_args)
{
    apply_mat_a_4e61af70_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void apply_mat_a_4e61af70_cpu_backward_tasks(
    wp::launch_bounds_t<2> *dim,
    wp_args_apply_mat_a_4e61af70 *_wp_args,
    wp_args_apply_mat_a_4e61af70 *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        apply_mat_a_4e61af70_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void apply_mat_a_4e61af70_cpu_backward_dispatch(
    wp::launch_bounds_t<2> *dim,
    wp_args_apply_mat_a_4e61af70 *_wp_args,
    wp_args_apply_mat_a_4e61af70 *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    apply_mat_a_4e61af70_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void apply_mat_a_4e61af70_cpu_backward(
    wp::launch_bounds_t<2> *dim,
    wp_args_apply_mat_a_4e61af70 *_wp_args,
    wp_args_apply_mat_a_4e61af70 *_wp_adj_args)
{
    apply_mat_a_4e61af70_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

