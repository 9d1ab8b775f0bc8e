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

struct wp_args_perturb_noise_127f4d93 {
    wp::array_t<wp::float32> activations;
    wp::int32 rng_seed;
    wp::float32 sigma;
    wp::array_t<wp::float32> values_out;
};


template <bool wp_linear_contiguous>
static void perturb_noise_127f4d93_cpu_kernel_forward(
    wp::launch_bounds_t<1> dim,
    size_t task_index,
    wp_args_perturb_noise_127f4d93 *_wp_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;
    wp_args_perturb_noise_127f4d93 wp_contiguous_args;
    if constexpr (wp_linear_contiguous)
    {
        wp_contiguous_args = *_wp_args;
        wp_contiguous_args.activations.strides[0] = sizeof(wp::float32);
        wp_contiguous_args.values_out.strides[0] = sizeof(wp::float32);
        _wp_args = &wp_contiguous_args;
    }
    //---------
    // argument vars
    wp::array_t<wp::float32> var_activations = _wp_args->activations;
    wp::int32 var_rng_seed = _wp_args->rng_seed;
    wp::float32 var_sigma = _wp_args->sigma;
    wp::array_t<wp::float32> var_values_out = _wp_args->values_out;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::uint32 var_2;
    wp::float32* var_3;
    wp::float32 var_4;
    wp::float32 var_5;
    const wp::float32 var_6 = -1.0;
    const wp::float32 var_7 = 1.0;
    wp::float32 var_8;
    wp::float32 var_9;
    wp::float32 var_10;
    wp::float32 var_11;
    wp::float32 var_12;
    //---------
    // forward
    // def perturb_noise(                                                                     <L 5>
    // idx = wp.tid()                                                                         <L 11>
    var_0 = builtin_tid1d();
    // state = wp.rand_init(rng_seed + idx)                                                   <L 12>
    var_1 = wp::add(var_rng_seed, var_0);
    var_2 = wp::rand_init(var_1);
    // v = activations[idx]                                                                   <L 13>
    var_3 = wp::address(var_activations, var_0);
    var_5 = wp::load(var_3);
    var_4 = wp::copy(var_5);
    // result = v + sigma * wp.randf(state, -1.0, 1.0) * wp.abs(v)                            <L 14>
    var_8 = wp::randf(var_2, var_6, var_7);
    var_9 = wp::mul(var_sigma, var_8);
    var_10 = wp::abs(var_4);
    var_11 = wp::mul(var_9, var_10);
    var_12 = wp::add(var_4, var_11);
    // values_out[idx] = result                                                               <L 15>
    wp::array_store(var_values_out, var_0, var_12);
}



template <bool wp_linear_contiguous>
static void perturb_noise_127f4d93_cpu_kernel_backward(
    wp::launch_bounds_t<1> dim,
    size_t task_index,
    wp_args_perturb_noise_127f4d93 *_wp_args,
    wp_args_perturb_noise_127f4d93 *_wp_adj_args)
{
    static constexpr bool wp_linear_tid = wp_linear_contiguous;
    wp_args_perturb_noise_127f4d93 wp_contiguous_args;
    wp_args_perturb_noise_127f4d93 wp_contiguous_adj_args;
    if constexpr (wp_linear_contiguous)
    {
        wp_contiguous_args = *_wp_args;
        wp_contiguous_adj_args = *_wp_adj_args;
        wp_contiguous_args.activations.strides[0] = sizeof(wp::float32);
        wp_contiguous_adj_args.activations.strides[0] = sizeof(wp::float32);
        wp_contiguous_args.values_out.strides[0] = sizeof(wp::float32);
        wp_contiguous_adj_args.values_out.strides[0] = sizeof(wp::float32);
        _wp_args = &wp_contiguous_args;
        _wp_adj_args = &wp_contiguous_adj_args;
    }
    //---------
    // argument vars
    wp::array_t<wp::float32> var_activations = _wp_args->activations;
    wp::int32 var_rng_seed = _wp_args->rng_seed;
    wp::float32 var_sigma = _wp_args->sigma;
    wp::array_t<wp::float32> var_values_out = _wp_args->values_out;
    wp::array_t<wp::float32> adj_activations = _wp_adj_args->activations;
    wp::int32 adj_rng_seed = _wp_adj_args->rng_seed;
    wp::float32 adj_sigma = _wp_adj_args->sigma;
    wp::array_t<wp::float32> adj_values_out = _wp_adj_args->values_out;
    //---------
    // primal vars
    wp::int32 var_0;
    wp::int32 var_1;
    wp::uint32 var_2;
    wp::float32* var_3;
    wp::float32 var_4;
    wp::float32 var_5;
    const wp::float32 var_6 = -1.0;
    const wp::float32 var_7 = 1.0;
    wp::float32 var_8;
    wp::float32 var_9;
    wp::float32 var_10;
    wp::float32 var_11;
    wp::float32 var_12;
    //---------
    // dual vars
    wp::int32 adj_0 = {};
    wp::int32 adj_1 = {};
    wp::uint32 adj_2 = {};
    wp::float32 adj_3 = {};
    wp::float32 adj_4 = {};
    wp::float32 adj_5 = {};
    wp::float32 adj_6 = {};
    wp::float32 adj_7 = {};
    wp::float32 adj_8 = {};
    wp::float32 adj_9 = {};
    wp::float32 adj_10 = {};
    wp::float32 adj_11 = {};
    wp::float32 adj_12 = {};
    //---------
    // forward
    // def perturb_noise(                                                                     <L 5>
    // idx = wp.tid()                                                                         <L 11>
    var_0 = builtin_tid1d();
    // state = wp.rand_init(rng_seed + idx)                                                   <L 12>
    var_1 = wp::add(var_rng_seed, var_0);
    var_2 = wp::rand_init(var_1);
    // v = activations[idx]                                                                   <L 13>
    var_3 = wp::address(var_activations, var_0);
    var_5 = wp::load(var_3);
    var_4 = wp::copy(var_5);
    // result = v + sigma * wp.randf(state, -1.0, 1.0) * wp.abs(v)                            <L 14>
    var_8 = wp::randf(var_2, var_6, var_7);
    var_9 = wp::mul(var_sigma, var_8);
    var_10 = wp::abs(var_4);
    var_11 = wp::mul(var_9, var_10);
    var_12 = wp::add(var_4, var_11);
    // values_out[idx] = result                                                               <L 15>
    // wp::array_store(var_values_out, var_0, var_12);
    //---------
    // reverse
    wp::adj_array_store(var_values_out, var_0, var_12, adj_values_out, adj_0, adj_12);
    // adj: values_out[idx] = result                                                          <L 15>
    wp::adj_add(var_4, var_11, adj_4, adj_11, adj_12);
    wp::adj_mul(var_9, var_10, adj_9, adj_10, adj_11);
    wp::adj_abs(var_4, adj_4, adj_10);
    wp::adj_mul(var_sigma, var_8, adj_sigma, adj_8, adj_9);
    // adj: result = v + sigma * wp.randf(state, -1.0, 1.0) * wp.abs(v)                       <L 14>
    wp::adj_copy(var_5, adj_3, adj_4);
    wp::adj_address(var_activations, var_0, adj_activations, adj_0, adj_3);
    // adj: v = activations[idx]                                                              <L 13>
    wp::adj_add(var_rng_seed, var_0, adj_rng_seed, adj_0, adj_1);
    // adj: state = wp.rand_init(rng_seed + idx)                                              <L 12>
    // adj: idx = wp.tid()                                                                    <L 11>
    // adj: def perturb_noise(                                                                <L 5>
    return;
}



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void perturb_noise_127f4d93_cpu_forward_tasks(
    wp::launch_bounds_t<1> *dim,
    wp_args_perturb_noise_127f4d93 *_wp_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        perturb_noise_127f4d93_cpu_kernel_forward<wp_linear_contiguous>(*dim, task_index, _wp_args);
    }
}

static WP_FORCEINLINE void perturb_noise_127f4d93_cpu_forward_dispatch(
    wp::launch_bounds_t<1> *dim,
    wp_args_perturb_noise_127f4d93 *_wp_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    const bool wp_linear_contiguous = dim->coord_mult == 1 && ((_wp_args->activations.strides[0] == (int)sizeof(wp::float32)) & (_wp_args->values_out.strides[0] == (int)sizeof(wp::float32)));
    if (wp_linear_contiguous)
        perturb_noise_127f4d93_cpu_forward_tasks<true>(dim, _wp_args);
    else
        perturb_noise_127f4d93_cpu_forward_tasks<false>(dim, _wp_args);
}

extern "C" {

// Python CPU entry points
WP_API void perturb_noise_127f4d93_cpu_forward(
    wp::launch_bounds_t<1> *dim,
    wp_args_perturb_noise_127f4d93 *_wp_args)
{
    perturb_noise_127f4d93_cpu_forward_dispatch(dim, _wp_args);
}

} // extern C



template <bool wp_linear_contiguous>
static WP_FORCEINLINE void perturb_noise_127f4d93_cpu_backward_tasks(
    wp::launch_bounds_t<1> *dim,
    wp_args_perturb_noise_127f4d93 *_wp_args,
    wp_args_perturb_noise_127f4d93 *_wp_adj_args)
{
    for (size_t task_index = 0; task_index < dim->size; ++task_index)
    {
        perturb_noise_127f4d93_cpu_kernel_backward<wp_linear_contiguous>(
            *dim, task_index, _wp_args, _wp_adj_args);
    }
}

static WP_FORCEINLINE void perturb_noise_127f4d93_cpu_backward_dispatch(
    wp::launch_bounds_t<1> *dim,
    wp_args_perturb_noise_127f4d93 *_wp_args,
    wp_args_perturb_noise_127f4d93 *_wp_adj_args)
{
    wp::tile_shared_storage_t tile_mem;
#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY)
    wp::shared_tile_storage = &tile_mem;
#endif

    const bool wp_linear_contiguous = dim->coord_mult == 1 && ((_wp_args->activations.strides[0] == (int)sizeof(wp::float32)) & (_wp_adj_args->activations.strides[0] == (int)sizeof(wp::float32)) & (_wp_args->values_out.strides[0] == (int)sizeof(wp::float32)) & (_wp_adj_args->values_out.strides[0] == (int)sizeof(wp::float32)));
    if (wp_linear_contiguous)
        perturb_noise_127f4d93_cpu_backward_tasks<true>(dim, _wp_args, _wp_adj_args);
    else
        perturb_noise_127f4d93_cpu_backward_tasks<false>(dim, _wp_args, _wp_adj_args);
}

extern "C" {

WP_API void perturb_noise_127f4d93_cpu_backward(
    wp::launch_bounds_t<1> *dim,
    wp_args_perturb_noise_127f4d93 *_wp_args,
    wp_args_perturb_noise_127f4d93 *_wp_adj_args)
{
    perturb_noise_127f4d93_cpu_backward_dispatch(dim, _wp_args, _wp_adj_args);
}

} // extern C

