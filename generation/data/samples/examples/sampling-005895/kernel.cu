#define WP_NO_BFLOAT16

#define WP_TILE_BLOCK_DIM 256
#define WP_NO_CRT
#include "builtin.h"
#include "deterministic.h"

// Map wp.breakpoint() to a device brkpt at the call site so cuda-gdb attributes the stop to the generated .cu line
#if defined(__CUDACC__) && !defined(_MSC_VER)
#define __debugbreak() __brkpt()
#endif

#define builtin_tid1d() wp::tid(_idx, dim)
#define builtin_tid2d(x, y) wp::tid(x, y, _idx, dim)
#define builtin_tid3d(x, y, z) wp::tid(x, y, z, _idx, dim)
#define builtin_tid4d(x, y, z, w) wp::tid(x, y, z, w, _idx, dim)

#define builtin_block_dim() wp::block_dim()

// CUDA Thread Block Cluster shape declaration. Expands to __cluster_dims__
// only on devices that support clusters (compute capability 9.0+); otherwise
// expands to nothing so the same source compiles cleanly for any target arch.
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ >= 900)
#define WP_CLUSTER_DIMS(x, y, z) __cluster_dims__(x, y, z)
#else
#define WP_CLUSTER_DIMS(x, y, z)
#endif

// Maximum registers per thread. __maxnreg__ was added in CUDA Toolkit 12.4;
// older toolkits ignore the opt-in so the same source remains compilable.
#if defined(__CUDACC_VER_MAJOR__) && (__CUDACC_VER_MAJOR__ > 12 || (__CUDACC_VER_MAJOR__ == 12 && __CUDACC_VER_MINOR__ >= 4))
#define WP_MAXNREG(n) __maxnreg__(n)
#else
#define WP_MAXNREG(n)
#endif

// Allow PTXAS to spill registers into shared memory. CUDA Toolkit 13.0
// introduced the pragma, which is unavailable in device-debug compilation.
#if defined(__CUDACC_VER_MAJOR__) && (__CUDACC_VER_MAJOR__ >= 13) && !defined(_DEBUG)
#define WP_ENABLE_SMEM_SPILLING() asm volatile(".pragma \"enable_smem_spilling\";");
#else
#define WP_ENABLE_SMEM_SPILLING()
#endif


// avoid namespacing of float type for casting to float type, this is to avoid wp::float(x), which is not valid in C++
#define float(x) cast_float(x)
#define adj_float(x, adj_x, adj_ret) adj_cast_float(x, adj_x, adj_ret)

#define int(x) cast_int(x)
#define adj_int(x, adj_x, adj_ret) adj_cast_int(x, adj_x, adj_ret)



extern "C" __global__ void perturb_noise_127f4d93_cuda_kernel_forward(
    wp::launch_bounds_t<1> dim,
    wp::array_t<wp::float32> var_activations,
    wp::int32 var_rng_seed,
    wp::float32 var_sigma,
    wp::array_t<wp::float32> var_values_out)
{
    wp::tile_shared_storage_t tile_mem;

    for (size_t _idx = static_cast<size_t>(blockDim.x) * static_cast<size_t>(blockIdx.x) + static_cast<size_t>(threadIdx.x);
         _idx < dim.size;
         _idx += static_cast<size_t>(blockDim.x) * static_cast<size_t>(gridDim.x))
    {
            // reset shared memory allocator
        wp::tile_shared_storage_t::init();

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
}



extern "C" __global__ void perturb_noise_127f4d93_cuda_kernel_backward(
    wp::launch_bounds_t<1> dim,
    wp::array_t<wp::float32> var_activations,
    wp::int32 var_rng_seed,
    wp::float32 var_sigma,
    wp::array_t<wp::float32> var_values_out,
    wp::array_t<wp::float32> adj_activations,
    wp::int32 adj_rng_seed,
    wp::float32 adj_sigma,
    wp::array_t<wp::float32> adj_values_out)
{
    wp::tile_shared_storage_t tile_mem;

    for (size_t _idx = static_cast<size_t>(blockDim.x) * static_cast<size_t>(blockIdx.x) + static_cast<size_t>(threadIdx.x);
         _idx < dim.size;
         _idx += static_cast<size_t>(blockDim.x) * static_cast<size_t>(gridDim.x))
    {
            // reset shared memory allocator
        wp::tile_shared_storage_t::init();

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
        continue;
    }
}

