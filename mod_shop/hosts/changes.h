/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_CHANGES_H
#define SHOP_HOSTS_CHANGES_H

/* Recent changes as one host knows them: a block of memory shared by its processes, so that each
 * can tell whether a cached object is still fresh without asking a server.
 *
 * Every change takes the next number of one sequence and stores it in the cell of its subject. The
 * cell is chosen by a hash: when two subjects share a cell, an object is read again for nothing.
 * A reader takes the sequence before it reads an object. The object is fresh while no cell of its
 * subjects holds a later number. Changes of other hosts arrive through the listener. While its
 * subscription is not live, objects are used for at most SHOP_CHANGES_MAX_AGE.
 *
 * There are no locks: a process that ends at any point leaves the block consistent. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

/* How long a cached object is used after it was read while the subscription is not live. */
#define SHOP_CHANGES_MAX_AGE apr_time_from_sec(1)

typedef struct shop_changes_t shop_changes_t;

/* Bytes of zeroed memory that the processes of a host share. */
apr_size_t shop_changes_size(void);
/* memory: those bytes (they must outlive pool), or NULL when this process is the only one.
 * subscribes: other hosts' changes arrive through a listener. */
shop_changes_t *shop_changes_attach(void *memory, bool subscribes, apr_pool_t *pool);

/* ---- cached objects ---- */
/* Number of the latest change. To be taken before the first read for a cached object. */
uint64_t shop_changes_sequence(const shop_changes_t *changes);
uint32_t shop_changes_cell(const char *subject); /* below shop_changes_cells() */
uint32_t shop_changes_cells(void);
/* Is an object fresh that was read at sequence number as_of and time read_at (monotonic)? cells:
 * its subjects. */
bool shop_changes_is_fresh(const shop_changes_t *changes, uint64_t as_of, apr_time_t read_at,
                           const uint32_t *cells, int count, apr_time_t now);

/* ---- changes ---- */
/* The subject changed; NULL: all subjects. To be called after the store has acknowledged it. */
void shop_changes_note(shop_changes_t *changes, const char *subject);

/* ---- the listener ---- */
/* Identifies this host's own announcements: the same in all its processes while the memory exists.
 * Not secret. */
uint64_t shop_changes_origin(shop_changes_t *changes);
/* The subscription was established. Earlier announcements are unknown, so all subjects count as
 * changed. */
void shop_changes_subscribed(shop_changes_t *changes, apr_time_t now);
/* Everything published before now (monotonic) has been received. */
void shop_changes_alive(shop_changes_t *changes, apr_time_t now);
/* The subscription was lost. */
void shop_changes_disconnected(shop_changes_t *changes);
/* Would a change of another host have been received? Always true without a listener. */
bool shop_changes_is_live(const shop_changes_t *changes, apr_time_t now);

#endif
