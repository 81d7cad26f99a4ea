/* SPDX-License-Identifier: MIT
 * The JSON log: a file or a program, as CustomLog's. httpd's error log cannot hold it: with
 * ErrorLogFormat "%M" as well httpd doubles each backslash of a message and writes each byte beyond
 * ASCII as \xhh, which JSON does not know. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>

#include "conf.h"
#include "server.h"

APLOG_USE_MODULE(shop);

/* Made by the parent before it forks; a child only writes. */
static struct {
    apr_file_t *file; /* NULL: there is no JSON log */
    bool requests;
} json_log;

bool shop_json_log_is_open(void)
{
    return json_log.file != NULL;
}

bool shop_json_log_has_requests(void)
{
    return json_log.file && json_log.requests;
}

/* One write for a line: O_APPEND, or a pipe, keeps lines of several processes apart. A full disk is
 * no reason to refuse a request. */
void shop_json_log_write(const shop_log_record_t *record, apr_pool_t *pool)
{
    apr_size_t size;
    const char *line = shop_log_json(&size, record, pool);

    if (json_log.file) {
        (void)apr_file_write(json_log.file, line, &size);
    }
}

/* "|program" and "||program" run it directly, "|$command" through the shell, as CustomLog. */
static apr_file_t *open_program(const char *program, apr_pool_t *pool)
{
    apr_cmdtype_e how = APR_PROGRAM_ENV;
    piped_log *piped;

    if (*program == '|') {
        program++;
    } else if (*program == '$') {
        how = APR_SHELLCMD_ENV;
        program++;
    }
    piped = ap_open_piped_log_ex(pool, program, how);
    return piped ? ap_piped_log_write_fd(piped) : NULL;
}

static apr_file_t *open_file(const char *name, apr_pool_t *pool, server_rec *server)
{
    const char *path = ap_server_root_relative(pool, name);
    apr_status_t status = APR_EBADPATH;
    apr_file_t *file = NULL;

    if (path) {
        status = apr_file_open(&file, path, APR_WRITE | APR_APPEND | APR_CREATE | APR_LARGEFILE,
                               APR_UREAD | APR_UWRITE | APR_GREAD, pool);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_ERR, status, server,
                     "ShopJsonLog: cannot open %s", path ? path : name);
        return NULL;
    }
    return file;
}

static apr_filetype_e type_of(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;

    return path && apr_stat(&info, path, APR_FINFO_TYPE, pool) == APR_SUCCESS ? info.filetype
                                                                              : APR_NOFILE;
}

static const char *file_problem(const char *name, apr_pool_t *pool)
{
    const char *path = ap_server_root_relative(pool, name);
    const char *folder = path ? ap_make_dirstr_parent(pool, path) : NULL;

    if (type_of(path, pool) == APR_DIR) {
        return apr_psprintf(pool, "ShopJsonLog: %s is a folder. Write the name of a file", path);
    }
    return type_of(folder, pool) == APR_DIR
               ? NULL
               : apr_psprintf(pool,
                              "ShopJsonLog: the folder %s does not exist. Write a file in one that "
                              "does. For example: ShopJsonLog /var/log/apache2/shop-json.log",
                              folder ? folder : name);
}

const char *shop_json_log_problem(const char *target, apr_pool_t *pool)
{
    const char *program;

    if (!target) {
        return NULL;
    }
    if (*target != '|') {
        return file_problem(target, pool);
    }
    program = target + 1 + (target[1] == '|');
    if (*program != '/') {
        return NULL; /* the shell's to find */
    }
    program = apr_pstrmemdup(pool, program, strcspn(program, " \t"));
    return type_of(program, pool) == APR_REG
               ? NULL
               : apr_psprintf(pool, "ShopJsonLog: the program %s does not exist", program);
}

int shop_open_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    const shop_settings_t *values = &shop_server_conf(server)->values;
    const char *target = values->json_log;

    (void)plog;
    (void)ptemp;
    json_log.file = NULL; /* that of the generation before went with its pool */
    json_log.requests = values->json_log_requests;
    if (!target) {
        return OK;
    }
    if (*target != '|') {
        json_log.file = open_file(target, pconf, server);
    } else if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK; /* httpd opens its logs twice at a start: the program need not run twice */
    } else {
        json_log.file = open_program(target + 1, pconf);
    }
    return json_log.file ? OK : HTTP_INTERNAL_SERVER_ERROR;
}
