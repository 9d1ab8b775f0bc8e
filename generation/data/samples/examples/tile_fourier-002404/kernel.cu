#define WP_NO_BFLOAT16

#define WP_TILE_BLOCK_DIM 32
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



extern "C" __global__ void transform_tiled_5df9c352_cuda_kernel_forward(
    wp::launch_bounds_t<2> dim,
    wp::array_t<wp::vec_t<2, wp::float32>> var_field_in,
    wp::array_t<wp::vec_t<2, wp::float32>> var_result)
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
        tile_fft(/* scalar */ 0, /* scalar */ 0, wp::vec2f, 256, 3, 1, var_6);
        // wp.tile_store(result[i, j], field)                                                     <L 9>
        var_9 = wp::view(var_result, var_0, var_1);
        wp::tile_store<wp::vec_t<2, wp::float32>, true, false>(var_9, var_10, var_11, var_6);
    }
}



extern "C" __global__ void transform_tiled_5df9c352_cuda_kernel_backward(
    wp::launch_bounds_t<2> dim,
    wp::array_t<wp::vec_t<2, wp::float32>> var_field_in,
    wp::array_t<wp::vec_t<2, wp::float32>> var_result,
    wp::array_t<wp::vec_t<2, wp::float32>> adj_field_in,
    wp::array_t<wp::vec_t<2, wp::float32>> adj_result)
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
        tile_fft(/* scalar */ 0, /* scalar */ 0, wp::vec2f, 256, 3, 1, var_6);
        // wp.tile_store(result[i, j], field)                                                     <L 9>
        var_9 = wp::view(var_result, var_0, var_1);
        // wp::tile_store<wp::vec_t<2, wp::float32>, true, false>(var_9, var_10, var_11, var_6);
        //---------
        // reverse
        wp::adj_tile_store(var_9, var_10, var_11, var_6, adj_9, adj_10, adj_11, adj_6);
        wp::adj_view(var_result, var_0, var_1, adj_result, adj_0, adj_1, adj_9);
        // adj: wp.tile_store(result[i, j], field)                                                <L 9>
        adj_tile_fft(/* scalar */ 0, /* scalar */ 0, wp::vec2f, 256, 3, 1, var_6, /* scalar */ 0, /* scalar */ 0, wp::vec2f, 256, 3, 1, adj_6);
        // adj: wp.tile_fft(field)                                                                <L 8>
        wp::adj_tile_load(var_2, var_7, var_8, adj_2, adj_7, adj_8, adj_6);
        wp::adj_view(var_field_in, var_0, var_1, adj_field_in, adj_0, adj_1, adj_2);
        // adj: field = wp.tile_load(field_in[i, j], shape=(3, 32))                               <L 7>
        // adj: i, j = wp.tid()                                                                   <L 6>
        // adj: def transform_tiled(field_in: wp.array4d[wp.vec2], result: wp.array4d[wp.vec2]):  <L 5>
        continue;
    }
}

