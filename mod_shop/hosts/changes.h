/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_CHANGES_H
#define SHOP_HOSTS_CHANGES_H

/* What changed lately, as one host knows it: a block of memory that its processes share, so that
 * each can tell without asking anybody whether what it kept is still true.
 *
 * Every change takes the next number of one sequence and leaves it in the cell of its subject (a
 * hash, so two subjects may share a cell: then one is read again for nothing). Who keeps something
 * notes the sequence before reading it; it is true while no cell of its subjects has passed that
 * number. Changes of other hosts arrive by a listener; while none has been heard of lately, nothing
 * is trusted for longer than SHOP_CHANGES_BOUND.
 *
 * No locks: a process that dies in the middle of anything leaves the block sound. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

/* While other hosts cannot be heard, what was kept is used for so long after it was read. */
#define SHOP_CHANGES_BOUND apr_time_from_sec(1)

typedef struct shop_changes_t shop_changes_t;

/* How many bytes of zeroed memory the processes of a host share. */
apr_size_t shop_changes_size(void);
/* memory: those bytes (they must outlive pool), or NULL: this process is alone and needs no other.
 * listens: other hosts' changes come through a listener, so silence means not knowing. */
shop_changes_t *shop_changes_attach(void *memory, bool listens, apr_pool_t *pool);

/* ---- what is kept ---- */
/* Number of the latest change; taken before the first read of what is kept. */
uint64_t shop_changes_now(const shop_changes_t *changes);
uint32_t shop_changes_cell(const char *subject); /* below shop_changes_cells() */
uint32_t shop_changes_cells(void);
/* Is what was read at as_of (a number) and read_at (monotonic) still good? cells: its subjects. */
bool shop_changes_is_good(const shop_changes_t *changes, uint64_t as_of, apr_time_t read_at,
                          const uint32_t *cells, int count, apr_time_t now);

/* ---- changes ---- */
/* The subject changed; NULL: everything did. After the store has it. */
void shop_changes_note(shop_changes_t *changes, const char *subject);

/* ---- the listener ---- */
/* Distinguishes this host's own announcements; the same in all its processes, until the memory
 * goes. Not secret. */
uint64_t shop_changes_origin(shop_changes_t *changes);
/* The listener begins to hear: what was announced before is unknown, so everything counts as
 * changed. */
void shop_changes_begin_hearing(shop_changes_t *changes, apr_time_t now);
/* The listener's connection was seen alive at now (monotonic). */
void shop_changes_heard(shop_changes_t *changes, apr_time_t now);
/* The listener lost its connection. */
void shop_changes_lost(shop_changes_t *changes);
/* Would another host's change have been heard? Always, when there is no listener to wait for. */
bool shop_changes_hears(const shop_changes_t *changes, apr_time_t now);

#endif
