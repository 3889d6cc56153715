/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the state of a block lies, and names for people. */
#include <stddef.h>
#include <string.h>

#include "layout.h"
#include "unit.h"

static size_t
part_offset(const struct offload_block_list *block, const void *part)
{
	return part == NULL ? 0 : (size_t)((const char *)part - (const char *)block);
}

static void
check_parts(uint8_t type, size_t constant, size_t cached, size_t delegated, size_t size)
{
	struct offload_block_list block = {.header.type = type};

	CU_ASSERT_EQUAL(part_offset(&block, offload_block_const(&block)), constant);
	CU_ASSERT_EQUAL(part_offset(&block, offload_block_cached(&block)), cached);
	CU_ASSERT_EQUAL(part_offset(&block, offload_block_delegated(&block)), delegated);
	CU_ASSERT_EQUAL(offload_block_size(type), size);
}

#define MEMBER(name)                                                                               \
	{                                                                                          \
		offsetof(struct offload_block_list, name),                                         \
		        sizeof(((struct offload_block_list *)NULL)->name)                          \
	}

/* All members, in memory's order: none lies in another, and nothing is between them. */
static void
test_members(void)
{
	static const struct {
		size_t offset, size;
	} members[] = {MEMBER(header.type), MEMBER(header.revision), MEMBER(header.size),
	        MEMBER(port), MEMBER(next_block), MEMBER(dependent_block_list),
	        MEMBER(offload_context), MEMBER(offload_handle), MEMBER(send_chain), MEMBER(status),
	        MEMBER(flags), MEMBER(host_reserved), MEMBER(target_scratch)};
	size_t end = 0;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		CU_ASSERT_EQUAL(members[i].offset, end);
		end += members[i].size;
	}
	CU_ASSERT_EQUAL(end, sizeof(struct offload_block_list));
}

static void
test_parts(void)
{
	const size_t end = sizeof(struct offload_block_list);
	const size_t tcp_constant = sizeof(struct tcp_const),
	             tcp_cached = sizeof(struct tcp_cached);
	const size_t tcp_delegated = sizeof(struct tcp_delegated);

	check_parts(OFFLOAD_NEIGHBOR_BLOCK, 0, 0, 0, end);
	check_parts(OFFLOAD_NEIGHBOR_CONST, end, 0, 0, end + 8);
	check_parts(OFFLOAD_NEIGHBOR_CACHED, 0, end, 0, end + 16);
	check_parts(OFFLOAD_NEIGHBOR_DELEGATED, 0, 0, end, end + 8);
	check_parts(OFFLOAD_NEIGHBOR_ALL, end, end + 8, end + 24, end + 32);
	check_parts(OFFLOAD_PATH4_BLOCK, 0, 0, 0, end);
	check_parts(OFFLOAD_PATH4_CONST, end, 0, 0, end + 8);
	check_parts(OFFLOAD_PATH4_CACHED, 0, end, 0, end + 8);
	check_parts(OFFLOAD_PATH4_ALL, end, end + 8, 0, end + 16);
	check_parts(OFFLOAD_PATH6_CONST, end, 0, 0, end + 32);
	check_parts(OFFLOAD_PATH6_CACHED, 0, end, 0, end + 8);
	check_parts(OFFLOAD_PATH6_ALL, end, end + 32, 0, end + 40);
	check_parts(OFFLOAD_TCP_BLOCK, 0, 0, 0, end);
	check_parts(OFFLOAD_TCP_CONST, end, 0, 0, end + tcp_constant);
	check_parts(OFFLOAD_TCP_CACHED, 0, end, 0, end + tcp_cached);
	check_parts(OFFLOAD_TCP_DELEGATED, 0, 0, end, end + tcp_delegated);
	check_parts(OFFLOAD_TCP_ALL, end, end + tcp_constant, end + tcp_constant + tcp_cached,
	        end + tcp_constant + tcp_cached + tcp_delegated);
}

static void
test_layers(void)
{
	CU_ASSERT_EQUAL(block_layout(OFFLOAD_NEIGHBOR_ALL)->layer, OFFLOAD_LAYER_NEIGHBOR);
	CU_ASSERT_EQUAL(block_layout(OFFLOAD_PATH4_BLOCK)->layer, OFFLOAD_LAYER_PATH);
	CU_ASSERT_EQUAL(block_layout(OFFLOAD_PATH4_BLOCK)->family, 4);
	CU_ASSERT_EQUAL(block_layout(OFFLOAD_PATH6_ALL)->family, 6);
	CU_ASSERT_EQUAL(block_layout(OFFLOAD_TCP_ALL)->layer, OFFLOAD_LAYER_TCP);
	CU_ASSERT(block_layout(OFFLOAD_TCP_ALL)->all);
	CU_ASSERT(!block_layout(OFFLOAD_TCP_CONST)->all);
}

static void
test_unknown_types(void)
{
	uint32_t known = 0;

	for (uint32_t type = 0; type < 256; type++) {
		struct offload_block_list block = {.header.type = (uint8_t)type};

		if (offload_block_size((uint8_t)type) != 0) {
			known++;
			continue;
		}
		CU_ASSERT_EQUAL(block_layout((uint8_t)type)->layer, OFFLOAD_LAYER_NONE);
		CU_ASSERT_PTR_NULL(offload_block_const(&block));
		CU_ASSERT_PTR_NULL(offload_block_cached(&block));
		CU_ASSERT_PTR_NULL(offload_block_delegated(&block));
	}
	CU_ASSERT_EQUAL(known, 18);
}

static void
test_names(void)
{
	for (uint32_t i = 0; i < OFFLOAD_STATUS_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(offload_status_name(i), "?");
	for (uint32_t i = 0; i < TCP_STATE_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(tcp_state_name(i), "?");
	for (uint32_t i = 0; i < RETRIEVE_REASON_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(retrieve_reason_name(i), "?");
	for (uint32_t i = 0; i < CHIMNEY_REQUEST_COUNT; i++)
		CU_ASSERT_STRING_NOT_EQUAL(chimney_request_name(i), "?");
	CU_ASSERT_STRING_EQUAL(offload_status_name(OFFLOAD_PATH_MTU), "PATH_MTU");
	CU_ASSERT_STRING_EQUAL(offload_status_name(OFFLOAD_STATUS_COUNT), "?");
	CU_ASSERT_STRING_EQUAL(tcp_state_name(UINT32_MAX), "?");
}

int
main(void)
{
	static const struct unit_test tests[] = {
	        {"TREE-1 a block has all its members", test_members},
	        {"TREE-6 state follows in order constant, cached, delegated", test_parts},
	        {"TREE-6 a type tells layer and family", test_layers},
	        {"TREE-6 unknown types have no state", test_unknown_types},
	        {"INIT-4 every status has a name", test_names},
	};

	return unit_run("layout", tests, sizeof(tests) / sizeof(tests[0]));
}
