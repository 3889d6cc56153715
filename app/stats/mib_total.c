/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters by port and IP version. Plain reads of single words: any thread may call. */
#include "mib_total.h"

#include <string.h>

#include "conn_mib.h"
#include "program.h"

#define NAME(name, value, help) #name,
#define HELP(name, value, help) help,
#define VALUE(name, value, help) value,

static const char *const names[] = {TOE_MIB_LIST(NAME)};
static const char *const helps[] = {TOE_MIB_LIST(HELP)};

const unsigned int mib_count = RTE_DIM(names);

const char *
mib_name(unsigned int i)
{
	return names[i];
}

const char *
mib_help(unsigned int i)
{
	return helps[i];
}

uint64_t
mib_value(const struct toe_mib *m, unsigned int i)
{
	const uint64_t values[] = {TOE_MIB_LIST(VALUE)};

	return values[i];
}

/* The structure holds counters and nothing else. */
#define WORDS (sizeof(struct toe_mib) / sizeof(uint64_t))

void
mib_read(const struct program *program, uint32_t port, uint8_t version, struct toe_mib *sum)
{
	uint64_t total[WORDS] = {0};

	for (uint32_t worker = 0; worker < program->worker_count; worker++) {
		const uint64_t *word = (const uint64_t *)toe_engine_mib(
		        &program->workers[worker]->engine, port, version);

		for (size_t i = 0; i < WORDS; i++)
			total[i] += __atomic_load_n(&word[i], __ATOMIC_RELAXED);
	}
	memcpy(sum, total, sizeof(*sum));
}

void
mib_since_reset(const struct program *program, const struct mib_base *reset, uint32_t port,
        uint8_t version, struct toe_mib *sum)
{
	const struct toe_mib *base = &reset->port[port][version == 6];
	uint64_t now[WORDS], then[WORDS];

	mib_read(program, port, version, sum);
	memcpy(now, sum, sizeof(*sum));
	memcpy(then, base, sizeof(*base));
	for (size_t i = 0; i < WORDS; i++)
		now[i] -= then[i];
	memcpy(sum, now, sizeof(*sum));
}

void
mib_reset(const struct program *program, struct mib_base *reset)
{
	for (uint32_t port = 0; port < program->shared.port_count; port++)
		for (uint8_t version = 4; version <= 6; version += 2) {
			struct toe_mib *base = &reset->port[port][version == 6];

			mib_read(program, port, version, base);
			base->established = 0; /* a level */
		}
}
