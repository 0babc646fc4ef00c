// cuRAND that draws nothing: burstnet draws its own numbers.
#pragma once
#include "cuda.h"
#define CURAND_H_
enum curandStatus_t { CURAND_STATUS_SUCCESS, CURAND_STATUS_VERSION_MISMATCH, CURAND_STATUS_NOT_INITIALIZED, CURAND_STATUS_ALLOCATION_FAILED, CURAND_STATUS_TYPE_ERROR, CURAND_STATUS_OUT_OF_RANGE, CURAND_STATUS_LENGTH_NOT_MULTIPLE, CURAND_STATUS_DOUBLE_PRECISION_REQUIRED, CURAND_STATUS_LAUNCH_FAILURE, CURAND_STATUS_PREEXISTING_FAILURE, CURAND_STATUS_INITIALIZATION_FAILED, CURAND_STATUS_ARCH_MISMATCH, CURAND_STATUS_INTERNAL_ERROR };
struct curandState {};
typedef int curandGenerator_t;
enum { CURAND_RNG_PSEUDO_DEFAULT };
template <class... A> void curand_init(A...) {}
inline curandStatus_t curandCreateGenerator(curandGenerator_t*, int) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandDestroyGenerator(curandGenerator_t) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandSetPseudoRandomGeneratorSeed(curandGenerator_t, unsigned long long) { return CURAND_STATUS_SUCCESS; }
inline curandStatus_t curandSetGeneratorOffset(curandGenerator_t, unsigned long long) { return CURAND_STATUS_SUCCESS; }
template <class... A> curandStatus_t curandGenerateUniformDouble(A...) { return CURAND_STATUS_SUCCESS; }
template <class... A> curandStatus_t curandGenerateNormalDouble(A...) { return CURAND_STATUS_SUCCESS; }
template <class... A> curandStatus_t curandGenerateUniform(A...) { return CURAND_STATUS_SUCCESS; }
template <class... A> curandStatus_t curandGenerateNormal(A...) { return CURAND_STATUS_SUCCESS; }
template <class... A> curandStatus_t curandGeneratePoisson(A...) { return CURAND_STATUS_SUCCESS; }
