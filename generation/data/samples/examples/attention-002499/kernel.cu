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



extern "C" __global__ void pv_product_bfaaa226_cuda_kernel_forward(
    wp::launch_bounds_t<3> dim,
    wp::array_t<wp::float32> var_v,
    wp::array_t<wp::float32> var_P,
    wp::array_t<wp::float32> var_O)
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
}



extern "C" __global__ void pv_product_bfaaa226_cuda_kernel_backward(
    wp::launch_bounds_t<3> dim,
    wp::array_t<wp::float32> var_v,
    wp::array_t<wp::float32> var_P,
    wp::array_t<wp::float32> var_O,
    wp::array_t<wp::float32> adj_v,
    wp::array_t<wp::float32> adj_P,
    wp::array_t<wp::float32> adj_O)
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
        continue;
    }
}

