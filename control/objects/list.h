/* SPDX-License-Identifier: BSD-3-Clause */
/* A circular list of nodes that live in their owners. The control lcore alone uses it. */
#ifndef CONTROL_LIST_H
#define CONTROL_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *next, *previous; /* NULL: in no list */
};

/* The owner of a node. */
#define LIST_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void
list_init(struct list_node *head)
{
	head->next = head->previous = head;
}

static inline bool
list_empty(const struct list_node *head)
{
	return head->next == head;
}

static inline bool
list_linked(const struct list_node *node)
{
	return node->next != NULL;
}

static inline void
list_add_tail(struct list_node *head, struct list_node *node)
{
	node->next = head;
	node->previous = head->previous;
	head->previous->next = node;
	head->previous = node;
}

/* Take a node off whatever list it is in; nothing happens when it is in none. */
static inline void
list_remove(struct list_node *node)
{
	if (node->next == NULL)
		return;
	node->next->previous = node->previous;
	node->previous->next = node->next;
	node->next = node->previous = NULL;
}

/* The first node, taken off; NULL when the list is empty. */
static inline struct list_node *
list_take(struct list_node *head)
{
	struct list_node *node = head->next;

	if (node == head)
		return NULL;
	list_remove(node);
	return node;
}

/* Move all of `from` to the end of `head`, in order. */
static inline void
list_splice_tail(struct list_node *head, struct list_node *from)
{
	if (list_empty(from))
		return;
	from->next->previous = head->previous;
	head->previous->next = from->next;
	from->previous->next = head;
	head->previous = from->previous;
	list_init(from);
}

#endif
