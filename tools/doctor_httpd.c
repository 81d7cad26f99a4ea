/* SPDX-License-Identifier: MIT
 * `shopctl doctor`: httpd's own configuration, as httpd understands it. */
#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "tools/doctor.h"

#define DUMP_MOST (1024 * 1024)

/* ---- reading it ---- */

static const char *find_httpd(const doctor_t *doctor)
{
    static const char *const usual[] = { "/usr/sbin/apachectl", "/usr/sbin/apache2ctl",
                                         "/usr/sbin/httpd", "/usr/local/apache2/bin/apachectl" };
    const char *given = shopctl_value(doctor->ctl, SHOPCTL_HTTPD);

    for (size_t i = 0; !given && i < sizeof(usual) / sizeof(usual[0]); i++) {
        given = access(usual[i], X_OK) ? NULL : usual[i];
    }
    return given ? given : "apachectl";
}

/* httpd's message is its last line but "AH00526" and the like may stand before it. */
static const char *message_of(const char *err, apr_pool_t *pool)
{
    const char *error = strstr(err, "yntax error") ? strstr(err, "yntax error") - 1 : err;
    size_t size = strlen(error);
    char *text;

    while (size && (error[size - 1] == '\n' || error[size - 1] == ' ')) {
        size--;
    }
    text = apr_pstrmemdup(pool, error, size > 600 ? 600 : size);
    for (char *at = text; *at; at++) {
        *at = *at == '\n' ? ' ' : *at;
    }
    return text;
}

static bool run_httpd(doctor_t *doctor)
{
    const char *httpd = find_httpd(doctor);
    const char *conf = shopctl_value(doctor->ctl, SHOPCTL_CONFIG);
    const char *argv[12] = { httpd };
    const char *out, *err;
    int count = 1, status;

    if (conf) {
        argv[count++] = "-f";
        argv[count++] = conf;
    }
    argv[count++] = "-t";
    argv[count++] = "-D";
    argv[count++] = "DUMP_SHOP";
    argv[count++] = "-D";
    argv[count++] = "DUMP_MODULES";
    argv[count++] = "-D";
    argv[count++] = "DUMP_RUN_CFG";
    doctor_run(&status, &out, &err, argv, doctor->pool);
    if (status == 127 || (status < 0 && !*err)) {
        doctor_report(doctor, DOCTOR_ERROR, "httpd",
                      "install httpd (Debian: apt install apache2), or name it: shopctl doctor "
                      "--httpd PATH",
                      "%s cannot be run or does not end", httpd);
        return false;
    }
    if (status != 0) {
        /* what root may read, another user may not */
        doctor_report(doctor, DOCTOR_ERROR, "configuration",
                      geteuid() ? "run shopctl doctor as root: another user may not read what "
                                  "httpd reads at start. If root is refused too, correct what "
                                  "the message names"
                                : "correct what the message names, then run: apachectl configtest",
                      "httpd refuses its configuration: %s", message_of(err, doctor->pool));
        return false;
    }
    doctor_ok(doctor, "configuration", "%s accepts its configuration", httpd);
    doctor_dump_read(&doctor->dump, out, doctor->pool);
    return true;
}

static bool read_dump(doctor_t *doctor, const char *path)
{
    FILE *file = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
    char *text = apr_palloc(doctor->pool, DUMP_MOST);
    size_t size;

    if (!file) {
        doctor_report(doctor, DOCTOR_ERROR, "configuration",
                      "write the dump with: apachectl -t -D DUMP_SHOP -D DUMP_MODULES > FILE",
                      "the dump %s cannot be read", path);
        return false;
    }
    size = fread(text, 1, DUMP_MOST - 1, file);
    text[size] = '\0';
    if (file != stdin) {
        fclose(file);
    }
    doctor_dump_read(&doctor->dump, text, doctor->pool);
    return true;
}

bool doctor_read_httpd(doctor_t *doctor)
{
    const char *path = shopctl_value(doctor->ctl, SHOPCTL_DUMP);

    doctor->dumped = path ? read_dump(doctor, path) : run_httpd(doctor);
    return doctor->dumped;
}

/* ---- the server ---- */

static void check_module(doctor_t *doctor)
{
    const doctor_dump_t *dump = &doctor->dump;

    if (dump->modules->nelts && !doctor_dump_has_module(dump, "shop_module")) {
        doctor_report(doctor, DOCTOR_ERROR, "module",
                      "LoadModule shop_module modules/mod_shop.so (Debian: a2enmod shop)",
                      "mod_shop is not loaded");
        return;
    }
    if (!dump->version) {
        doctor_report(doctor, DOCTOR_WARNING, "module",
                      "install the module and shopctl of one version",
                      "mod_shop does not name its version: it is older than this shopctl");
    } else if (strcmp(dump->version, PACKAGE_VERSION) != 0) {
        doctor_report(doctor, DOCTOR_WARNING, "module",
                      "install the module and shopctl of one version",
                      "mod_shop is %s and shopctl is %s", dump->version, PACKAGE_VERSION);
    } else {
        doctor_ok(doctor, "module", "mod_shop %s, built for httpd's module magic number %s",
                  dump->version, dump->built ? dump->built : "(unknown)");
    }
}

static void check_modules(doctor_t *doctor)
{
    static const struct {
        const char *name;
        doctor_level_t level;
        const char *without;
    } needed[] = {
        { "unique_id", DOCTOR_WARNING, "request ids are made by the shop and differ from httpd's" },
        { "watchdog", DOCTOR_ERROR,
          "there is no background work: interrupted orders stay, and an outage of MongoDB ends "
          "late" },
        { "headers", DOCTOR_WARNING, "CORS headers are not sent" },
        { "reqtimeout", DOCTOR_WARNING, "slow clients hold a worker each without an end" },
        { "setenvif", DOCTOR_WARNING, "the CORS rules of the reference configuration do nothing" },
    };
    int missing = 0;

    if (!doctor->dump.modules->nelts) {
        return;
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const char *module = apr_pstrcat(doctor->pool, needed[i].name, "_module", NULL);

        if (!doctor_dump_has_module(&doctor->dump, module)) {
            missing++;
            doctor_report(doctor, needed[i].level, "modules",
                          apr_psprintf(doctor->pool,
                                       "a2enmod %s, or LoadModule %s modules/mod_%s.so",
                                       needed[i].name, module, needed[i].name),
                          "mod_%s is not loaded: %s", needed[i].name, needed[i].without);
        }
    }
    if (!missing) {
        doctor_ok(doctor, "modules", "what belongs beside the shop is loaded");
    }
}

static bool is_loopback(const char *listen)
{
    return !strncmp(listen, "127.", 4) || !strncmp(listen, "[::1]", 5);
}

static void check_listens(doctor_t *doctor)
{
    const apr_array_header_t *listens = doctor->dump.listens;
    bool tls = false;
    const char *open = NULL;

    if (!listens->nelts) {
        return;
    }
    for (int i = 0; i < listens->nelts; i++) {
        const char *listen = APR_ARRAY_IDX(listens, i, const char *);

        tls = tls || strstr(listen, " https");
        if (!is_loopback(listen) && !strstr(listen, " https")) {
            open = listen;
        }
    }
    if (open) {
        doctor_report(doctor, DOCTOR_WARNING, "tls",
                      tls ? "redirect what is not https: Redirect permanent / https://HOST/"
                          : "serve the shop with mod_ssl, or behind a proxy that does: Listen "
                            "127.0.0.1:8080",
                      "%s takes passwords and tokens in clear from the network", open);
    } else {
        doctor_ok(doctor, "tls", "every address is TLS or loopback");
    }
}

void doctor_check_server(doctor_t *doctor)
{
    check_module(doctor);
    check_modules(doctor);
    if (!doctor->dump.shops->nelts) {
        doctor_report(doctor, DOCTOR_ERROR, "engine",
                      "<Location \"/api\"> ShopEngine On </Location>",
                      "no ShopEngine is on: httpd serves no shop");
    }
    check_listens(doctor);
}
