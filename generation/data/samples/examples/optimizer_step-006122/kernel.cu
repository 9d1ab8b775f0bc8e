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



extern "C" __global__ void average_models_08bd0745_cuda_kernel_forward(
    wp::launch_bounds_t<1> dim,
    wp::array_t<wp::float64> var_models,
    wp::array_t<wp::float64> var_averaged)
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
}



extern "C" __global__ void average_models_08bd0745_cuda_kernel_backward(
    wp::launch_bounds_t<1> dim,
    wp::array_t<wp::float64> var_models,
    wp::array_t<wp::float64> var_averaged,
    wp::array_t<wp::float64> adj_models,
    wp::array_t<wp::float64> adj_averaged)
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
        continue;
    }
}

