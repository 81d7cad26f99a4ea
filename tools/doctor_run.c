/* SPDX-License-Identifier: MIT
 * Programs and connections, with bounded waits. */
#include <apr_network_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_shop/base/clock.h"
#include "tools/doctor.h"

#define MOST (1024 * 1024)
#define PATIENCE apr_time_from_sec(20) /* httpd resolves names while it reads its configuration */

typedef struct stream_t {
    int fd;
    char *text;
    size_t size;
} stream_t;

/* false: it has ended. */
static bool read_some(stream_t *stream)
{
    char scrap[4096];
    bool full = stream->size == MOST - 1;
    ssize_t got = full ? read(stream->fd, scrap, sizeof(scrap))
                       : read(stream->fd, stream->text + stream->size, MOST - 1 - stream->size);

    if (got > 0 && !full) {
        stream->size += (size_t)got;
    }
    return got > 0;
}

static void read_both(stream_t *streams, apr_time_t until)
{
    int open = 2;

    while (open && shop_clock_monotonic() < until) {
        struct pollfd waits[2] = { { streams[0].fd, POLLIN, 0 }, { streams[1].fd, POLLIN, 0 } };

        if (poll(waits, 2, 200) <= 0) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (streams[i].fd >= 0 && waits[i].revents && !read_some(&streams[i])) {
                close(streams[i].fd);
                streams[i].fd = -1;
                open--;
            }
        }
    }
}

static pid_t start(stream_t *streams, const char *const argv[])
{
    int out[2], err[2];
    pid_t pid;

    if (pipe(out)) {
        return -1;
    }
    if (pipe(err)) {
        close(out[0]);
        close(out[1]);
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]);
        close(err[0]);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    streams[0].fd = out[0];
    streams[1].fd = err[0];
    return pid;
}

void doctor_run(int *status, const char **out, const char **err, const char *const argv[],
                apr_pool_t *pool)
{
    stream_t streams[2] = { { -1, apr_palloc(pool, MOST), 0 }, { -1, apr_palloc(pool, MOST), 0 } };
    pid_t pid = start(streams, argv);
    int how = 0;

    *status = -1;
    if (pid > 0) {
        read_both(streams, shop_clock_monotonic() + PATIENCE);
        for (int i = 0; i < 2; i++) {
            if (streams[i].fd >= 0) { /* it takes too long */
                kill(pid, SIGKILL);
                close(streams[i].fd);
            }
        }
        waitpid(pid, &how, 0);
        *status = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    }
    streams[0].text[streams[0].size] = streams[1].text[streams[1].size] = '\0';
    *out = streams[0].text;
    *err = streams[1].text;
}

const char *doctor_connect(bool *resolved, const char *host, int port, apr_pool_t *pool)
{
    apr_sockaddr_t *address;
    apr_socket_t *socket;
    apr_status_t status =
        apr_sockaddr_info_get(&address, host, APR_UNSPEC, (apr_port_t)port, 0, pool);
    char text[256];

    *resolved = status == APR_SUCCESS;
    for (; status == APR_SUCCESS && address; address = address->next) {
        status = apr_socket_create(&socket, address->family, SOCK_STREAM, APR_PROTO_TCP, pool);
        if (status == APR_SUCCESS) {
            apr_socket_timeout_set(socket, apr_time_from_msec(DOCTOR_WAIT_MS));
            status = apr_socket_connect(socket, address);
            apr_socket_close(socket);
        }
        if (status == APR_SUCCESS) {
            return NULL;
        }
        status = address->next ? APR_SUCCESS : status;
    }
    return apr_pstrdup(pool, apr_strerror(status, text, sizeof(text)));
}
