/* SPDX-License-Identifier: MIT
 * One baton, many threads: whoever has it runs, everybody else waits. Who gets it next, who crashes
 * and who pauses is drawn from the seed. */
#include "storm.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_PERCENT 4
#define PAUSE_TICKS 300 /* at most; the lease is 60 */
#define ELECTION_IN 250 /* ticks, on average */
#define CALM_TICKS 100000

/* splitmix64 */
static uint64_t draw(storm_t *storm)
{
    uint64_t z = storm->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t storm_random(storm_t *storm, int64_t below)
{
    return (int64_t)(draw(storm) % (uint64_t)below);
}

bool storm_chance(storm_t *storm, int percent)
{
    return storm_random(storm, 100) < percent;
}

void storm_trace(storm_t *storm, const char *format, ...)
{
    const char *who = storm->running ? storm->running->name : "-";
    va_list args;

    va_start(args, format);
    APR_ARRAY_PUSH(storm->trace, const char *) =
        apr_psprintf(storm->pool, "%5" APR_INT64_T_FMT " %-11s %s", storm->tick, who,
                     apr_pvsprintf(storm->pool, format, args));
    va_end(args);
}

void storm_bad(storm_t *storm, const char *reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    storm_trace(storm, "BAD %s: %s", reason, apr_pvsprintf(storm->pool, format, args));
    va_end(args);
    for (int i = 0; i < storm->bad->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(storm->bad, i, const char *), reason)) {
            return;
        }
    }
    APR_ARRAY_PUSH(storm->bad, const char *) = reason;
}

/* ---- the baton ---- */

static void wait_for_turn(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;

    while (storm->running != worker) {
        pthread_cond_wait(&worker->turn, &storm->lock);
    }
}

static void *begin(void *data)
{
    storm_worker_t *worker = data;
    storm_t *storm = worker->storm;

    pthread_mutex_lock(&storm->lock);
    wait_for_turn(worker);
    worker->work(worker);
    worker->ended = true;
    storm->running = NULL;
    pthread_cond_signal(&storm->back);
    pthread_mutex_unlock(&storm->lock);
    return NULL;
}

storm_worker_t *storm_worker(storm_t *storm, const char *name, void (*work)(storm_worker_t *))
{
    storm_worker_t *worker = apr_pcalloc(storm->pool, sizeof(*worker));

    worker->storm = storm;
    worker->name = name;
    worker->work = work;
    apr_pool_create(&worker->pool, storm->pool);
    pthread_cond_init(&worker->turn, NULL);
    APR_ARRAY_PUSH(storm->workers, storm_worker_t *) = worker;
    return worker;
}

void storm_yield(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;

    if (worker->crashed) {
        return;
    }
    storm->running = NULL;
    pthread_cond_signal(&storm->back);
    wait_for_turn(worker);
}

void storm_wait(storm_worker_t *worker, int64_t ticks)
{
    worker->wake = worker->storm->tick + ticks;
    storm_yield(worker);
}

static void run_a_step(storm_t *storm, storm_worker_t *worker)
{
    storm->running = worker;
    pthread_cond_signal(&worker->turn);
    while (storm->running) {
        pthread_cond_wait(&storm->back, &storm->lock);
    }
}

/* Somebody who can go on, NULL when nobody can. */
static storm_worker_t *choose(storm_t *storm)
{
    storm_worker_t *able[64];
    int count = 0;

    for (int i = 0; i < storm->workers->nelts; i++) {
        storm_worker_t *worker = APR_ARRAY_IDX(storm->workers, i, storm_worker_t *);

        if (!worker->ended && worker->wake <= storm->tick) {
            able[count++] = worker;
        }
    }
    return count ? able[storm_random(storm, count)] : NULL;
}

/* A crashed worker is run once more: every call it makes fails, so that its code unwinds. */
static void befall(storm_t *storm, storm_worker_t *worker)
{
    if (!storm->calm && storm_random(storm, 200) < storm->weather) {
        storm_trace(storm, "%s crashes", worker->name);
        worker->crashed = true;
    } else if (!storm->calm && storm_chance(storm, PAUSE_PERCENT)) {
        worker->wake = storm->tick + 1 + storm_random(storm, PAUSE_TICKS);
        storm_trace(storm, "%s pauses until %" APR_INT64_T_FMT, worker->name, worker->wake);
        return;
    }
    run_a_step(storm, worker);
}

static bool all_ended(const storm_t *storm)
{
    for (int i = 0; i < storm->workers->nelts; i++) {
        if (!APR_ARRAY_IDX(storm->workers, i, storm_worker_t *)->ended) {
            return false;
        }
    }
    return true;
}

static void start_all(storm_t *storm)
{
    for (int i = 0; i < storm->workers->nelts; i++) {
        storm_worker_t *worker = APR_ARRAY_IDX(storm->workers, i, storm_worker_t *);

        if (pthread_create(&worker->thread, NULL, begin, worker)) {
            abort();
        }
    }
}

static void join_all(storm_t *storm)
{
    for (int i = 0; i < storm->workers->nelts; i++) {
        storm_worker_t *worker = APR_ARRAY_IDX(storm->workers, i, storm_worker_t *);

        pthread_join(worker->thread, NULL);
        pthread_cond_destroy(&worker->turn);
    }
}

void storm_blow(storm_t *storm, int64_t ticks)
{
    pthread_mutex_init(&storm->lock, NULL);
    pthread_cond_init(&storm->back, NULL);
    pthread_mutex_lock(&storm->lock);
    start_all(storm);
    while (!all_ended(storm)) {
        storm_worker_t *worker;

        storm->tick++;
        storm->clock.fixed += STORM_TICK;
        if (!storm->calm && storm->tick > ticks) {
            storm_trace(storm, "the storm ends");
            storm->calm = true;
        }
        if (storm->tick > ticks + CALM_TICKS) {
            abort(); /* a worker that never ends is a bug of the storm's own */
        }
        storm_late(storm, false);
        if (!storm->calm &&
            (storm_random(storm, ELECTION_IN) == 0 || storm->election == storm->tick)) {
            storm_elect(storm);
        }
        worker = choose(storm);
        if (worker) {
            befall(storm, worker);
        }
    }
    pthread_mutex_unlock(&storm->lock);
    join_all(storm);
    pthread_cond_destroy(&storm->back);
    pthread_mutex_destroy(&storm->lock);
}
