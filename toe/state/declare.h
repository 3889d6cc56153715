/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How public headers declare things, in C11 and in C++11: what stands between CHIMNEY_DECLARATIONS and
 * CHIMNEY_DECLARATIONS_END is C's, and of the functions there every one is exported by the library; nothing else is.
 */
#ifndef TOE_DECLARE_H
#define TOE_DECLARE_H

#include <assert.h>

#ifdef __cplusplus
#include <atomic>
#define CHIMNEY_ATOMIC(type) std::atomic<type>
#define CHIMNEY_EXTERN_C extern "C" {
#define CHIMNEY_EXTERN_C_END }
#else
#define CHIMNEY_ATOMIC(type) _Atomic type
#define CHIMNEY_EXTERN_C
#define CHIMNEY_EXTERN_C_END
#endif

#define CHIMNEY_DECLARATIONS CHIMNEY_EXTERN_C _Pragma("GCC visibility push(default)")
#define CHIMNEY_DECLARATIONS_END _Pragma("GCC visibility pop") CHIMNEY_EXTERN_C_END

#endif
