/* SPDX-License-Identifier: MIT
 * `shopctl doctor`: the host, and the files that a shop's directives name. */
#include <apr_file_info.h>
#include <apr_strings.h>
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "mod_shop/directives/secret.h"
#include "tools/doctor.h"

#define MIB (1024ULL * 1024)

/* ---- the host ---- */

/* Of the running httpd; else of this process. */
static long descriptors(const doctor_t *doctor, bool *running)
{
    const char *pid_file = doctor->dump.pid_file;
    FILE *file = pid_file ? fopen(pid_file, "re") : NULL;
    struct rlimit limit = { 0, 0 };
    char line[256];
    long most = 0;

    *running = false;
    if (file && fgets(line, sizeof(line), file)) {
        long pid = strtol(line, NULL, 10);

        fclose(file);
        file = fopen(apr_psprintf(doctor->pool, "/proc/%ld/limits", pid), "re");
        while (file && fgets(line, sizeof(line), file)) {
            if (!strncmp(line, "Max open files", 14)) {
                most = strtol(line + 14, NULL, 10);
                *running = true;
            }
        }
    }
    if (file) {
        fclose(file);
    }
    if (!*running && !getrlimit(RLIMIT_NOFILE, &limit)) {
        most = limit.rlim_cur == RLIM_INFINITY ? INT32_MAX : (long)limit.rlim_cur;
    }
    return most;
}

/* What a directive's first number says; words stand for the threads of a child. */
static int number_of(const doctor_shop_t *shop, const char *name, int otherwise)
{
    const doctor_setting_t *setting = doctor_setting(shop, name);

    return setting && isdigit((unsigned char)*setting->value)
               ? (int)strtol(setting->value, NULL, 10)
               : otherwise;
}

static void check_descriptors(doctor_t *doctor)
{
    int threads = doctor->dump.threads ? doctor->dump.threads : 25;
    long need = threads + 64; /* clients; logs, libraries, listeners */
    bool running;
    long most = descriptors(doctor, &running);

    for (int i = 0; i < doctor->dump.shops->nelts; i++) {
        const doctor_shop_t *shop = &APR_ARRAY_IDX(doctor->dump.shops, i, doctor_shop_t);

        need +=
            number_of(shop, "ShopMongoPool", threads) + number_of(shop, "ShopRedisPool", threads);
    }
    if (most && most < need) {
        doctor_report(doctor, DOCTOR_ERROR, "descriptors",
                      apr_psprintf(doctor->pool,
                                   "systemctl edit apache2: [Service] LimitNOFILE=%ld (or ulimit "
                                   "-n before the start), or lower ShopMongoPool",
                                   need * 2),
                      "a child needs %ld descriptors and %s may open %ld", need,
                      running ? "httpd" : "this process", most);
    } else {
        doctor_ok(doctor, "descriptors", "%ld may be open, a child needs %ld", most, need);
    }
}

static void check_room(doctor_t *doctor, const char *check, const char *path, uint64_t little,
                       const char *remedy)
{
    struct statvfs about;
    uint64_t left;

    if (!path || statvfs(path, &about)) {
        return;
    }
    left = (uint64_t)about.f_bavail * about.f_frsize;
    if (left < little) {
        doctor_report(doctor, left < little / 8 ? DOCTOR_ERROR : DOCTOR_WARNING, check, remedy,
                      "%ld MiB are free in %s", (long)(left / MIB), path);
    } else {
        doctor_ok(doctor, check, "%ld MiB are free in %s", (long)(left / MIB), path);
    }
}

void doctor_check_host(doctor_t *doctor)
{
    const char *log = doctor->dump.error_log;
    const char *slash = log && *log == '/' ? strrchr(log, '/') : NULL;

    check_descriptors(doctor);
    check_room(doctor, "shared-memory", "/dev/shm", 64 * MIB,
               "remove what is left in /dev/shm, or enlarge it: mount -o remount,size=512M "
               "/dev/shm");
    check_room(doctor, "log-disk",
               slash ? apr_pstrmemdup(doctor->pool, log, (apr_size_t)(slash - log) + 1) : NULL,
               512 * MIB, "rotate and remove old logs (logrotate), or move ErrorLog");
}

/* ---- the configuration of a shop ---- */

const char *doctor_value(const doctor_t *doctor, const char *directive)
{
    const doctor_setting_t *setting = doctor->shop ? doctor_setting(doctor->shop, directive) : NULL;

    return doctor_is_set(setting) ? setting->value : NULL;
}

const char *doctor_argument(const doctor_t *doctor, const doctor_setting_t *setting, int index)
{
    char line[8192];
    char **argv = NULL;
    int count = 0;
    FILE *file = setting->file ? fopen(setting->file, "re") : NULL;

    for (int i = 0; file && i < setting->line; i++) {
        if (!fgets(line, sizeof(line), file)) {
            *line = '\0';
            break;
        }
    }
    if (!file) {
        return NULL;
    }
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (apr_tokenize_to_argv(line + strspn(line, " \t"), &argv, doctor->pool) != APR_SUCCESS ||
        !argv[0] || strcasecmp(argv[0], setting->name) != 0) {
        return NULL;
    }
    while (argv[count]) {
        count++;
    }
    return index + 1 < count && !strstr(argv[index + 1], "${") ? argv[index + 1] : NULL;
}

static void check_owner(doctor_t *doctor, const char *name, const char *path)
{
    struct stat about;
    const char *user = doctor->dump.user;
    const struct passwd *entry = user && *user ? getpwnam(user) : NULL;

    if (stat(path, &about)) {
        doctor_report(doctor, DOCTOR_ERROR, "secret-files",
                      apr_psprintf(doctor->pool, "make the file, then: chmod 600 %s", path),
                      "%s names %s, which cannot be found", name, path);
    } else if (about.st_mode & 077) {
        doctor_report(doctor, DOCTOR_ERROR, "secret-files",
                      apr_psprintf(doctor->pool, "chmod 600 %s", path),
                      "%s, the file of %s, can be read by others (mode %04o)", path, name,
                      (unsigned)(about.st_mode & 07777));
    } else if (about.st_uid && entry && about.st_uid == entry->pw_uid) {
        doctor_report(doctor, DOCTOR_WARNING, "secret-files",
                      apr_psprintf(doctor->pool, "chown root %s", path),
                      "%s, the file of %s, belongs to %s, as who httpd answers requests", path,
                      name, user);
    } else {
        doctor_ok(doctor, "secret-files", "%s, the file of %s, is private", path, name);
    }
}

/* Where the argument of a masked directive is the secret itself, or a file that others may read. */
static void check_secret(doctor_t *doctor, const doctor_setting_t *setting, int index)
{
    const char *source = doctor_argument(doctor, setting, index);
    char *path = NULL;

    if (!source) {
        return;
    }
    if (!strncmp(source, "file:", 5)) {
        apr_filepath_merge(&path, doctor->dump.root, source + 5, APR_FILEPATH_TRUENAME,
                           doctor->pool);
        check_owner(doctor, setting->name, path ? path : source + 5);
    } else if (strncmp(source, "env:", 4) != 0 && strncmp(source, "exec:", 5) != 0 &&
               (strcasecmp(setting->name, "ShopMongoURI") != 0 || strchr(source, '@'))) {
        doctor_report(doctor, DOCTOR_WARNING, "secret-files",
                      apr_psprintf(doctor->pool,
                                   "write the secret into a file of mode 600 and: "
                                   "%s file:/etc/shop/NAME",
                                   setting->name),
                      "%s holds its secret in clear (%s:%d)", setting->name, setting->file,
                      setting->line);
    }
}

/* "main HS256 (64 bytes) sign" */
static void check_key(doctor_t *doctor, const doctor_setting_t *setting)
{
    const char *bytes = strchr(setting->value, '(');
    long size = bytes ? strtol(bytes + 1, NULL, 10) : 0;

    if (size && size < 32) {
        doctor_report(doctor, DOCTOR_ERROR, "jwt-key",
                      "(umask 077; shopctl keygen > /etc/shop/jwt.key)",
                      "a key of ShopJwtKey has %ld bytes, and HS256 needs 32", size);
    } else if (size) {
        doctor_ok(doctor, "jwt-key", "a key of %ld bytes", size);
    }
}

static void check_public_url(doctor_t *doctor)
{
    const char *url = doctor_value(doctor, "ShopPublicURL");

    if (!url) {
        doctor_ok(doctor, "public-url", "links begin with what the request names");
    } else if (!strncasecmp(url, "http://", 7) && strncmp(url + 7, "localhost", 9) != 0 &&
               strncmp(url + 7, "127.", 4) != 0) {
        doctor_report(doctor, DOCTOR_WARNING, "public-url", "ShopPublicURL https://HOST",
                      "links of the shop are not https: %s", url);
    } else {
        doctor_ok(doctor, "public-url", "links begin with %s", url);
    }
}

void doctor_check_settings(doctor_t *doctor)
{
    const char *open = doctor_value(doctor, "ShopInsecureOpenAdmin");

    check_public_url(doctor);
    if (open && !strcasecmp(open, "on")) {
        doctor_report(doctor, DOCTOR_WARNING, "open-admin", "ShopInsecureOpenAdmin Off",
                      "anybody who reaches the shop can register as admin");
    }
    for (int i = 0; i < doctor->shop->settings->nelts; i++) {
        const doctor_setting_t *setting =
            &APR_ARRAY_IDX(doctor->shop->settings, i, doctor_setting_t);

        if (!strcasecmp(setting->name, "ShopJwtKey")) {
            check_key(doctor, setting);
            check_secret(doctor, setting, 2);
        } else if (!strcasecmp(setting->name, "ShopMongoURI") ||
                   !strcasecmp(setting->name, "ShopRedisPassword") ||
                   !strcasecmp(setting->name, "ShopBootstrapToken")) {
            check_secret(doctor, setting, 0);
        }
    }
}
