/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A JSON value as text for people: "key: value" lines, aligned tables for arrays of objects. So every reply
 * is built once, and says the same in both forms.
 */
#ifndef APP_RENDER_H
#define APP_RENDER_H

#include <stddef.h>

#include <jansson.h>

/* Called for each line, which has no end. */
typedef void (*render_line)(void *context, const char *line, size_t length);
void render_text(json_t *data, render_line emit, void *context);

#endif
