// CUDA on the CPU: the threads of a kernel one after the other. Enough of the API for what Brian2CUDA writes.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <algorithm>
#include <string>
#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __syncthreads()
struct dim_t { unsigned x, y, z; };
inline dim_t threadIdx, blockIdx, blockDim, gridDim;
template <class F> void on_cpu(unsigned blocks, unsigned threads, F kernel) {
  gridDim.x = blocks;
  blockDim.x = threads;
  for (blockIdx.x = 0; blockIdx.x < blocks; blockIdx.x++)
    for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++) kernel();
}
enum cudaError { cudaSuccess = 0 };
typedef cudaError cudaError_t;
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum { cudaLimitMallocHeapSize };
struct cudaDeviceProp { int multiProcessorCount = 1, maxThreadsPerBlock = 32, maxThreadsPerMultiProcessor = 64, warpSize = 32; size_t sharedMemPerBlock = 49152; };
struct cudaFuncAttributes { int maxThreadsPerBlock = 32, numRegs = 0; size_t sharedSizeBytes = 0, localSizeBytes = 0, constSizeBytes = 0; };
inline cudaError cudaSetDevice(int) { return cudaSuccess; }
inline cudaError cudaGetDeviceProperties(cudaDeviceProp*, int) { return cudaSuccess; }
inline cudaError cudaDeviceSetLimit(int, size_t) { return cudaSuccess; }
inline cudaError cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError cudaGetLastError() { return cudaSuccess; }
inline cudaError cudaProfilerStop() { return cudaSuccess; }
inline const char* cudaGetErrorString(cudaError) { return "none"; }
inline cudaError cudaMemGetInfo(size_t* free, size_t* all) { *free = *all = size_t(1) << 34; return cudaSuccess; }
template <class T> cudaError cudaMalloc(T** p, size_t n) { *p = (T*)std::malloc(std::max<size_t>(n, 1)); std::memset((void*)*p, 0xff, n); return cudaSuccess; }
inline cudaError cudaFree(void* p) { std::free(p); return cudaSuccess; }
inline cudaError cudaMemcpy(void* to, const void* from, size_t n, cudaMemcpyKind) { if (n) std::memmove(to, from, n); return cudaSuccess; }
template <class T> cudaError cudaMemcpyToSymbol(T& to, const void* from, size_t n) { std::memcpy((void*)&to, from, n); return cudaSuccess; }
template <class K> cudaError cudaFuncGetAttributes(cudaFuncAttributes* a, K) { *a = {}; return cudaSuccess; }
template <class K> cudaError cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* n, K, int, size_t) { *n = 1; return cudaSuccess; }
template <class K> cudaError cudaOccupancyMaxPotentialBlockSize(int* grid, int* threads, K, size_t = 0, int = 0) { *grid = 1; *threads = 32; return cudaSuccess; }
template <class T, class U> T atomicAdd(T* a, U v) { T old = *a; *a = old + v; return old; }
template <class T> T atomicCAS(T* a, T expected, T v) { T old = *a; if (old == expected) *a = v; return old; }
inline long long __double_as_longlong(double x) { long long y; std::memcpy(&y, &x, 8); return y; }
inline double __longlong_as_double(unsigned long long y) { double x; std::memcpy(&x, &y, 8); return x; }
inline int __float_as_int(float x) { int y; std::memcpy(&y, &x, 4); return y; }
inline float __int_as_float(int y) { float x; std::memcpy(&x, &y, 4); return x; }
inline void __threadfence() {}
template <class T> T atomicExch(T* a, T v) { T old = *a; *a = v; return old; }
template <class T, class U> T atomicExch(volatile T* a, U v) { T old = *a; *a = v; return old; }
template <class T, class U, class V> T atomicCAS(volatile T* a, U expected, V v) { T old = *a; if (old == (T)expected) *a = v; return old; }
