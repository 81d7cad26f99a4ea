/* SPDX-License-Identifier: MIT
 * Many threads that begin at the same moment. */
#include <apr_thread_proc.h>
#include <pthread.h>

#include "tests/kit/harness.h"

typedef struct member_t {
    pthread_barrier_t *gate;
    bool (*act)(void *baton, int i, apr_pool_t *pool);
    void *baton;
    int i;
    bool answer;
    apr_pool_t *pool;
} member_t;

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    member_t *member = data;

    (void)thread;
    pthread_barrier_wait(member->gate);
    member->answer = member->act(member->baton, member->i, member->pool);
    return NULL;
}

int shop_test_crowd(int count, bool (*act)(void *baton, int i, apr_pool_t *pool), void *baton)
{
    member_t *members = apr_pcalloc(t_pool, (apr_size_t)count * sizeof(*members));
    apr_thread_t **threads = apr_pcalloc(t_pool, (apr_size_t)count * sizeof(*threads));
    pthread_barrier_t gate;
    int agreed = 0;

    pthread_barrier_init(&gate, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        members[i] = (member_t){ &gate, act, baton, i, false, NULL };
        apr_pool_create(&members[i].pool, NULL);
        apr_thread_create(&threads[i], NULL, run, &members[i], t_pool);
    }
    for (int i = 0; i < count; i++) {
        apr_status_t status;

        apr_thread_join(&status, threads[i]);
        agreed += members[i].answer;
        apr_pool_destroy(members[i].pool);
    }
    pthread_barrier_destroy(&gate);
    return agreed;
}
