/* SPDX-License-Identifier: MIT
 * shopctl doctor: looks at what a shop needs, and says what to do. The checks are in doctor_*.c. */
#include <apr_strings.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/doctor.h"
#include "tools/shopctl_pages.h"

static const char *const levels[] = { "ok", "warning", "error" };

void doctor_report(doctor_t *doctor, doctor_level_t level, const char *check, const char *remedy,
                   const char *format, ...)
{
    doctor_finding_t *finding = apr_array_push(doctor->findings);
    va_list args;

    *finding = (doctor_finding_t){ .shop = doctor->shop ? doctor->shop->name : NULL,
                                   .check = check,
                                   .level = level,
                                   .remedy = remedy ? apr_pstrdup(doctor->pool, remedy) : NULL };
    va_start(args, format);
    finding->seen = apr_pvsprintf(doctor->pool, format, args);
    va_end(args);
}

static void check_all(doctor_t *doctor)
{
    const char *given = shopctl_value(doctor->ctl, SHOPCTL_MONGO_URI);
    apr_array_header_t *uris = apr_array_make(doctor->pool, 4, sizeof(const char *));
    bool dumped = doctor_read_httpd(doctor);

    if (dumped) {
        doctor_check_server(doctor);
        doctor_check_host(doctor);
    }
    if (!dumped || !doctor->dump.shops->nelts) {
        if (given) {
            doctor_check_mongo(doctor);
        }
        return;
    }
    for (int i = 0; i < doctor->dump.shops->nelts; i++) {
        doctor->shop = &APR_ARRAY_IDX(doctor->dump.shops, i, doctor_shop_t);
        doctor_check_settings(doctor);
        doctor_check_mongo(doctor);
        APR_ARRAY_PUSH(uris, const char *) = given ? NULL : doctor->uri;
        doctor_check_shared(doctor, uris);
        doctor_check_redis(doctor);
    }
    doctor->shop = NULL;
}

static void print_finding(const doctor_t *doctor, const doctor_finding_t *finding)
{
    const char *shop = doctor->dump.shops && doctor->dump.shops->nelts > 1 ? finding->shop : NULL;

    printf("%-8s %-15s ", levels[finding->level], finding->check);
    printf("%s%s%s\n", shop ? shop : "", shop ? ": " : "", finding->seen);
    if (finding->remedy) {
        printf("%-8s %-15s do: %s\n", "", "", finding->remedy);
    }
}

static void print_json(const doctor_t *doctor, const int *counts)
{
    json_t *checks = json_array();

    for (int i = 0; i < doctor->findings->nelts; i++) {
        const doctor_finding_t *finding = &APR_ARRAY_IDX(doctor->findings, i, doctor_finding_t);

        json_array_append_new(checks,
                              json_pack("{s:s?, s:s, s:s, s:s, s:s?}", "shop", finding->shop,
                                        "check", finding->check, "level", levels[finding->level],
                                        "seen", finding->seen, "do", finding->remedy));
    }
    shopctl_print_json(json_pack("{s:b, s:i, s:i, s:o}", "ok", counts[DOCTOR_ERROR] == 0, "errors",
                                 counts[DOCTOR_ERROR], "warnings", counts[DOCTOR_WARNING], "checks",
                                 checks));
}

int shopctl_run_doctor(shopctl_t *ctl)
{
    doctor_t doctor = { .ctl = ctl, .pool = ctl->pool };
    int counts[3] = { 0 };

    signal(SIGPIPE, SIG_IGN); /* a server that ends a TLS handshake is no reason to end */
    /* a name server that does not answer costs seconds, too */
    setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
    doctor.findings = apr_array_make(ctl->pool, 32, sizeof(doctor_finding_t));
    check_all(&doctor);
    for (int i = 0; i < doctor.findings->nelts; i++) {
        counts[APR_ARRAY_IDX(doctor.findings, i, doctor_finding_t).level]++;
    }
    if (shopctl_value(ctl, SHOPCTL_JSON)) {
        print_json(&doctor, counts);
    } else {
        for (int i = 0; i < doctor.findings->nelts; i++) {
            print_finding(&doctor, &APR_ARRAY_IDX(doctor.findings, i, doctor_finding_t));
        }
        printf("doctor: %d ok, %d warning%s, %d error%s\n", counts[DOCTOR_OK],
               counts[DOCTOR_WARNING], counts[DOCTOR_WARNING] == 1 ? "" : "s", counts[DOCTOR_ERROR],
               counts[DOCTOR_ERROR] == 1 ? "" : "s");
    }
    return counts[DOCTOR_ERROR] ? SHOPCTL_EXIT_REFUSED : SHOPCTL_EXIT_DONE;
}
