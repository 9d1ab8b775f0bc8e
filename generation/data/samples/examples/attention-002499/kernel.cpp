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

struct wp_args_pv_product_bfaaa226 {
    wp::array_t<wp::float32> v;
    wp::array_t<wp::float32> P;
    wp::array_t<wp::float32> O;
};


template <bool wp_linear_contiguous>
static void pv_product_bfaaa226_cpu_kernel_forward(
    wp::launch_bounds_t<3> dim,
    size_t task_index,
    wp_args_pv_product_bfaaa226 *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float32> var_v = _wp_args->v;
    wp::array_t<wp::float32> var_P = _wp_args->P;
    wp::array_t<wp::float32> var_O = _wp_args->O;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::int32 var_2;
    wp::shape_t* var_3;
    const wp::int32 var_4 = 2;
    wp::int32 var_5;
    wp::shape_t var_6;
    const wp::float32 var_7 = 0.0;
    wp::float32 var_8;
    wp::range_t var_9;
    wp::int32 var_10;
    wp::float32* var_11;
    wp::float32* var_12;
    wp::float32 var_13;
    wp::float32 var_14;
    wp::float32 var_15;
    wp::float32 var_16;
    //---------
    // forward
    // def pv_product(v: wp.array3d[float], P: wp.array3d[float], O: wp.array3d[float]):       <L 5>
    // head, query, c = wp.tid()                                                              <L 6>
    builtin_tid3d(var_0, var_1, var_2);
    // num_keys = P.shape[2]                                                                  <L 7>
    var_3 = &(var_P.shape);
    var_6 = wp::load(var_3);
    var_5 = wp::extract(var_6, var_4);
    // acc = float(0.0)                                                                       <L 8>
    var_8 = wp::float(var_7);
    // for key in range(num_keys):                                                            <L 9>
    var_9 = wp::range(var_5);
    start_for_0:;
        if (iter_cmp(var_9) == 0) goto end_for_0;
        var_10 = wp::iter_next(var_9);
        // acc += v[head, key, c] * P[head, query, key]                                       <L 10>
        var_11 = wp::address(var_v, var_0, var_10, var_2);
        var_12 = wp::address(var_P, var_0, var_1, var_10);
        var_14 = wp::load(var_11);
        var_15 = wp::load(var_12);
        var_13 = wp::mul(var_14, var_15);
        var_16 = wp::add(var_8, var_13);
        wp::assign(var_8, var_16);
        goto start_for_0;
    end_for_0:;
    // O[head, query, c] = acc                                                                <L 11>
    wp::array_store(var_O, var_0, var_1, var_2, var_8);
}



template <bool wp_linear_contiguous>
static void pv_product_bfaaa226_cpu_kernel_backward(
    wp::launch_bounds_t<3> dim,
    size_t task_index,
    wp_args_pv_product_bfaaa226 *_wp_args,
    wp_args_pv_product_bfaaa226 *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;

    //---------
    // argument vars
    wp::array_t<wp::float32> var_v = _wp_args->v;
    wp::array_t<wp::float32> var_P = _wp_args->P;
    wp::array_t<wp::float32> var_O = _wp_args->O;
    wp::array_t<wp::float32> adj_v = _wp_adj_args->v;
    wp::array_t<wp::float32> adj_P = _wp_adj_args->P;
    wp::array_t<wp::float32> adj_O = _wp_adj_args->O;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::int32 var_2;
    wp::shape_t* var_3;
    const wp::int32 var_4 = 2;
    wp::int32 var_5;
    wp::shape_t var_6;
    const wp::float32 var_7 = 0.0;
    wp::float32 var_8;
    wp::range_t var_9;
    wp::int32 var_10;
    wp::float32* var_11;
    wp::float32* var_12;
    wp::float32 var_13;
    wp::float32 var_14;
    wp::float32 var_15;
    wp::float32 var_16;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::int32 adj_1 = {};
    wp::int32 adj_2 = {};
    wp::shape_t adj_3 = {};
    wp::int32 adj_4 = {};
    wp::int32 adj_5 = {};
    wp::shape_t adj_6 = {};
    wp::float32 adj_7 = {};
    wp::float32 adj_8 = {};
    wp::range_t adj_9 = {};
    wp::int32 adj_10 = {};
    wp::float32 adj_11 = {};
    wp::float32 adj_12 = {};
    wp::float32 adj_13 = {};
    wp::float32 adj_14 = {};
    wp::float32 adj_15 = {};
    wp::float32 adj_16 = {};
    //---------
    // forward
    // def pv_product(v: wp.array3d[float], P: wp.array3d[float], O: wp.array3d[float]):       <L 5>
    // head, query, c = wp.tid()                                                              <L 6>
    builtin_tid3d(var_0, var_1, var_2);
    // num_keys = P.shape[2]                                                                  <L 7>
    var_3 = &(var_P.shape);
    var_6 = wp::load(var_3);
    var_5 = wp::extract(var_6, var_4);
    // acc = float(0.0)                                                                       <L 8>
    var_8 = wp::float(var_7);
    // for key in range(num_keys):                                                            <L 9>
    var_9 = wp::range(var_5);
    // O[head, query, c] = acc                                                                <L 11>
    // wp::array_store(var_O, var_0, var_1, var_2, var_8);
    //---------
    // reverse
    wp::adj_array_store(var_O, var_0, var_1, var_2, var_8, adj_O, adj_0, adj_1, adj_2, adj_8);
    // adj: O[head, query, c] = acc                                                           <L 11>
    var_9 = wp::iter_reverse(var_9);
    start_for_0:;
        if (iter_cmp(var_9) == 0) goto end_for_0;
        var_10 = wp::iter_next(var_9);
    	adj_11 = {};
    	adj_12 = {};
    	adj_13 = {};
    	adj_14 = {};
    	adj_15 = {};
    	adj_16 = {};
        // acc += v[head, key, c] * P[head, query, key]                                       <L 10>
        var_11 = wp::address(var_v, var_0, var_10, var_2);
        var_12 = wp::address(var_P, var_0, var_1, var_10);
        var_14 = wp::load(var_11);
        var_15 = wp::load(var_12);
        var_13 = wp::mul(var_14, var_15);
        var_16 = wp::add(var_8, var_13);
        wp::assign(var_8, var_16);
        wp::adj_assign(var_8, var_16, adj_8, adj_16);
        wp::adj_add(var_8, var_13, adj_8, adj_13, adj_16);
        wp::adj_mul(var_14, var_15, adj_11, adj_12, adj_13);
        wp::adj_address(var_P, var_0, var_1, var_10, adj_P, adj_0, adj_1, adj_10, adj_12);
        wp::adj_address(var_v, var_0, var_10, var_2, adj_v, adj_0, adj_10, adj_2, adj_11);
        // adj: acc += v[head, key, c] * P[head, query, key]                                  <L 10>
    	goto start_for_0;
    end_for_0:;
    // adj: for key in range(num_keys):                                                       <L 9>
    wp::adj_float(var_7, adj_7, adj_8);
    // adj: acc = float(0.0)                                                                  <L 8>
    adj_P.shape = adj_3;
    // adj: num_keys = P.shape[2]                                                             <L 7>
    // adj: head, query, c = wp.tid()                                                         <L 6>
    // adj: def pv_product(v: wp.array3d[float], P: wp.array3d[float], O: wp.array3d[float]):  <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void pv_product_bfaaa226_cpu_forward_tasks(
    wp::launch_bounds_t<3> *dim,
    wp_args_pv_product_bfaaa226 *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        pv_product_bfaaa226_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void pv_product_bfaaa226_cpu_forward_dispatch(
    wp::launch_bounds_t<3> *dim,
    wp_args_pv_product_bfaaa226 *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    pv_product_bfaaa226_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void pv_product_bfaaa226_cpu_forward(
    wp::launch_bounds_t<3> *dim,
    wp_args_pv_product_bfaaa226 *_wp_args)
{
    pv_product_bfaaa226_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void pv_product_bfaaa226_cpu_backward_tasks(
    wp::launch_bounds_t<3> *dim,
    wp_args_pv_product_bfaaa226 *_wp_args,
    wp_args_pv_product_bfaaa226 *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        pv_product_bfaaa226_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void pv_product_bfaaa226_cpu_backward_dispatch(
    wp::launch_bounds_t<3> *dim,
    wp_args_pv_product_bfaaa226 *_wp_args,
    wp_args_pv_product_bfaaa226 *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    pv_product_bfaaa226_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void pv_product_bfaaa226_cpu_backward(
    wp::launch_bounds_t<3> *dim,
    wp_args_pv_product_bfaaa226 *_wp_args,
    wp_args_pv_product_bfaaa226 *_wp_adj_args)
{
    pv_product_bfaaa226_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

