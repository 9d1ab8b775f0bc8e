// Runs a CUDA kernel's text on the host, one thread at a time: stand-ins for what CUDA C++ has and C++ has not, and the loop over a grid.
// It goes between the preamble of a generated text and the kernels themselves. Blocks run one after another. With WP_TILE_BLOCK_DIM 1 the
// threads of a block run one after another as well; above 1 they are fibers of Warp's own CPU runtime, which wait for each other at every
// barrier, and the block has WP_TILE_BLOCK_DIM threads.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
// A block's memory is not initialised on the device either, and no two blocks run at once.
#define __shared__ static

namespace wp_host {

struct dim3_t {
    unsigned int x, y, z;
};

static dim3_t grid_dim, block_dim, block_idx, thread_idx;

// Threads of a block where they do not wait for each other: small, so that even a short launch has several blocks.
static const unsigned int LONE_BLOCK_DIM = 8;

typedef void (*thread_fn)(void* dim, size_t block, int lane, void* call);

inline void run_block(unsigned int threads, thread_fn thread, void* dim, void* call)
{
#if WP_TILE_BLOCK_DIM > 1
    wp_cpu_run_block(WP_TILE_BLOCK_DIM, (int)threads, thread, dim, 0, call);
#else
    for (unsigned int lane = 0; lane < threads; ++lane) {
        thread_idx.x = lane;
        thread(dim, 0, (int)lane, call);
    }
#endif
}

// Calls `thread` for each thread of a grid that serves `size` indices. A kernel that strides over the grid gets half as many blocks as
// there are indices for, so that it has to go round; one that does not gets a grid of three dimensions that is a little too large.
inline void run(size_t size, bool strides, thread_fn thread, void* dim, void* call)
{
    if (size == 0)
        return;
    block_dim = { WP_TILE_BLOCK_DIM > 1 ? WP_TILE_BLOCK_DIM : LONE_BLOCK_DIM, 1, 1 };
    const unsigned int needed = (unsigned int)((size + block_dim.x - 1) / block_dim.x);
    if (strides)
        grid_dim = { (needed + 1) / 2, 1, 1 };
    else
        grid_dim = { (needed + 3) / 4, needed > 1 ? 2u : 1u, needed > 1 ? 2u : 1u };
    for (block_idx.z = 0; block_idx.z < grid_dim.z; ++block_idx.z)
        for (block_idx.y = 0; block_idx.y < grid_dim.y; ++block_idx.y)
            for (block_idx.x = 0; block_idx.x < grid_dim.x; ++block_idx.x)
                run_block(block_dim.x, thread, dim, call);
}

#if WP_TILE_BLOCK_DIM > 1
inline dim3_t lane_idx() { return { (unsigned int)wp_cpu_get_thread_idx(), 0, 0 }; }
#endif

}  // namespace wp_host

#define gridDim wp_host::grid_dim
#define blockDim wp_host::block_dim
#define blockIdx wp_host::block_idx

#if WP_TILE_BLOCK_DIM > 1

#define threadIdx wp_host::lane_idx()
#define __syncthreads() WP_TILE_SYNC()

namespace wp {

// On the device each thread resets its own place in the block's shared memory. The header's host version resets everyone's, which is only
// right while nobody holds any.
class host_shared_storage_t : public tile_shared_storage_t {
public:
    host_shared_storage_t() { WP_TILE_SYNC(); }

    static inline void init()
    {
        WP_TILE_SYNC();
        tile_shared_storage_t::init();
        WP_TILE_SYNC();
    }
};

}  // namespace wp

#define tile_shared_storage_t host_shared_storage_t

#else

#define threadIdx wp_host::thread_idx
#define __syncthreads()

#endif

// CUDA's own functions, for code that a person wrote in CUDA. Only one thread runs at any moment, so nothing needs to be atomic.
template <typename T, typename V> inline T atomicAdd(T* at, V value) { T old = *at; *at = (T)(old + value); return old; }
template <typename T, typename V> inline T atomicSub(T* at, V value) { T old = *at; *at = (T)(old - value); return old; }
template <typename T, typename V> inline T atomicExch(T* at, V value) { T old = *at; *at = (T)value; return old; }
template <typename T, typename V> inline T atomicMin(T* at, V value) { T old = *at; if ((T)value < old) *at = (T)value; return old; }
template <typename T, typename V> inline T atomicMax(T* at, V value) { T old = *at; if (old < (T)value) *at = (T)value; return old; }
template <typename T, typename V> inline T atomicAnd(T* at, V value) { T old = *at; *at = old & (T)value; return old; }
template <typename T, typename V> inline T atomicOr(T* at, V value) { T old = *at; *at = old | (T)value; return old; }
template <typename T, typename V> inline T atomicXor(T* at, V value) { T old = *at; *at = old ^ (T)value; return old; }
template <typename T> inline T atomicCAS(T* at, T compare, T value) { T old = *at; if (old == compare) *at = value; return old; }
template <typename T> inline T __ldg(const T* at) { return *at; }
inline int __popc(unsigned int x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz((unsigned int)x) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __float_as_int(float x) { int bits; __builtin_memcpy(&bits, &x, sizeof(bits)); return bits; }
inline float __int_as_float(int bits) { float x; __builtin_memcpy(&x, &bits, sizeof(x)); return x; }

// ---- the kernels
