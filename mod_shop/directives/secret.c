/* SPDX-License-Identifier: MIT
 * Secrets: file:, env:, exec:. Never echoes a value. */
#include "secret.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *first_line(const char **line, apr_file_t *file, apr_pool_t *pool)
{
    char text[8192];
    apr_size_t size;

    if (apr_file_gets(text, sizeof(text), file) != APR_SUCCESS) {
        return "gives nothing";
    }
    size = strcspn(text, "\r\n");
    if (size == sizeof(text) - 1) {
        return "gives a line of over 8 KiB";
    }
    *line = apr_pstrmemdup(pool, text, size);
    memset(text, 0, sizeof(text));
    return size ? NULL : "gives an empty line";
}

static const char *from_file(const char **secret, const char *path, const char *folder,
                             apr_pool_t *pool)
{
    char *full = NULL;
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t status = APR_EBADPATH;
    char text[128];
    const char *problem;

    (void)apr_filepath_merge(&full, folder, path, APR_FILEPATH_TRUENAME, pool);
    if (!full || (status = apr_file_open(&file, full, APR_FOPEN_READ | APR_FOPEN_BUFFERED, 0,
                                         pool)) != APR_SUCCESS) {
        return APR_STATUS_IS_ENOENT(status)
                   ? apr_psprintf(pool, "names a file that does not exist (%s)", full)
                   : apr_psprintf(pool, "names a file that cannot be read (%s: %s)",
                                  full ? full : path, apr_strerror(status, text, sizeof(text)));
    }
    if (apr_file_info_get(&info, APR_FINFO_PROT | APR_FINFO_TYPE, file) != APR_SUCCESS ||
        info.filetype == APR_DIR) {
        problem = apr_psprintf(pool, "names a folder, not a file (%s)", full);
    } else if (info.protection & 0x077) {
        problem = apr_psprintf(pool, "names a file that others may read; run chmod 600 %s", full);
    } else {
        problem = first_line(secret, file, pool);
    }
    apr_file_close(file);
    return problem;
}

static const char *from_program(const char **secret, const char *command, apr_pool_t *pool)
{
    apr_procattr_t *attributes;
    apr_proc_t process;
    char **argv;
    const char *problem;
    int code = 0;
    apr_exit_why_e why;

    if (command[0] != '/' || apr_tokenize_to_argv(command, &argv, pool) != APR_SUCCESS) {
        return "needs the absolute path of a program behind exec:";
    }
    if (apr_procattr_create(&attributes, pool) != APR_SUCCESS ||
        apr_procattr_io_set(attributes, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE) != APR_SUCCESS ||
        apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) != APR_SUCCESS ||
        apr_proc_create(&process, argv[0], (const char *const *)argv, NULL, attributes, pool) !=
            APR_SUCCESS) {
        return "names a program that cannot be run";
    }
    apr_file_pipe_timeout_set(process.out, apr_time_from_sec(10));
    problem = first_line(secret, process.out, pool);
    apr_file_close(process.out);
    if (problem) { /* it may not end by itself */
        apr_proc_kill(&process, SIGKILL);
    }
    apr_proc_wait(&process, &code, &why, APR_WAIT);
    if (why == APR_PROC_EXIT ? code != 0 : !problem) {
        problem = "names a program that failed";
    }
    return problem;
}

const char *shop_secret_resolve(const char **secret, bool *literal, const char *text,
                                const char *folder, apr_pool_t *pool)
{
    *literal = false;
    if (!strncmp(text, "file:", 5)) {
        return from_file(secret, text + 5, folder, pool);
    }
    if (!strncmp(text, "exec:", 5)) {
        return from_program(secret, text + 5, pool);
    }
    if (!strncmp(text, "env:", 4)) {
        const char *value = getenv(text + 4);

        *secret = value ? apr_pstrdup(pool, value) : NULL;
        return value && *value ? NULL : "names an environment variable that is not set";
    }
    *literal = true;
    *secret = text;
    return NULL;
}
