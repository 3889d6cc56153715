/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Found before the compiler's own, where meson.build has seen that DPDK's headers can be compiled with it: they ask for all of x86's
 * intrinsics, which is most of the time that a source takes to compile, and use those up to SSE4 and those of general registers only
 * unless the compiler may go beyond.
 */
#ifdef __AVX__
#include_next <x86intrin.h>
#else
#include <nmmintrin.h>
#include <x86gprintrin.h>
#endif
