# SPDX-License-Identifier: MIT
"""httpd's configurations. All have the same processing model, modules and settings; only what is compared differs."""
import grp
import os
import pwd
import shutil

from harness.system import Failed, run

MODULES = ("mpm_event", "authz_core", "mime", "headers", "unique_id", "proxy", "proxy_http", "cache", "cache_socache",
           "socache_shmcb", "filter", "alias")
# A thread for each connection of the highest load, on whichever child it lands: httpd closes kept connections when all
# threads are busy, and a request on its way then fails.
CHILDREN, THREADS = 2, 256


def program():
    for name in ("apache2", "httpd", "/usr/sbin/apache2", "/usr/sbin/httpd"):
        found = shutil.which(name)
        if found:
            return found
    raise Failed("no httpd; Debian: apt install apache2")


def user():
    """Who serves when root starts."""
    for name in ("www-data", "apache", "daemon", "nobody"):
        try:
            account = pwd.getpwnam(name)
            return name, grp.getgrgid(account.pw_gid).gr_name
        except KeyError:
            continue
    raise Failed("no account to run httpd as")


def base(folder, port, single=False, children=CHILDREN, threads=THREADS):
    """None of the children is ever replaced. single: one process in the foreground for instruction counts, without a
    second one to wait for."""
    modules = run("apxs", "-q", "LIBEXECDIR").strip()
    children, threads = (1, 4) if single else (children, threads)
    lines = ['ServerRoot "%s"' % folder, "ServerName localhost", "DefaultRuntimeDir run", "PidFile run/httpd.pid",
             "Listen 127.0.0.1:%d" % port, "ErrorLog logs/error.log", "LogLevel warn"]
    lines += ['LoadModule %s_module "%s/mod_%s.so"' % (m, modules, m) for m in MODULES]
    if os.geteuid() == 0:
        lines += ["User %s\nGroup %s" % user()]
    lines += ["StartServers %d" % children, "ServerLimit %d" % children, "ThreadLimit %d" % threads,
              "ThreadsPerChild %d" % threads, "MaxRequestWorkers %d" % (children * threads), "MinSpareThreads 1",
              "MaxSpareThreads %d" % (children * threads), "MaxConnectionsPerChild 0", "MaxKeepAliveRequests 0",
              "KeepAliveTimeout 60", "TraceEnable off", "TypesConfig /dev/null", "AddType application/json .json",
              'DocumentRoot "%s/htdocs"' % folder,
              '<Directory "/">\nAllowOverride None\nRequire all denied\n</Directory>',
              '<Directory "%s/htdocs">\nRequire all granted\n</Directory>' % folder]
    return lines


def shop(module, mongo_uri, redis_port, key_file, instance, limited):
    lines = ['LoadModule shop_module "%s"' % module, 'ShopMongoURI "%s"' % mongo_uri,
             "ShopRedis redis://127.0.0.1:%d" % redis_port, "ShopInstance " + instance,
             "ShopJwtKey bench HS256 file:%s" % key_file, "ShopLoginLimit 100000000/15min"]
    if limited:
        lines.append("ShopRateLimit api 100000000/1min")
    return lines + ['<Location "/api">\nShopEngine On\n</Location>']


def proxy(port, backend):
    """A virtual host in front of a backend."""
    return ["Listen 127.0.0.1:%d" % port, "<VirtualHost 127.0.0.1:%d>" % port,
            'ProxyPass "/" "http://127.0.0.1:%d/" keepalive=On ttl=60' % backend, "</VirtualHost>"]


def cache(port, origin):
    """mod_cache over shared memory, in front of the static files as of a backend."""
    return ["CacheSocache shmcb:run/cache(33554432)", "CacheSocacheMaxSize 1048576", "CacheQuickHandler on",
            "Listen 127.0.0.1:%d" % port, "<VirtualHost 127.0.0.1:%d>" % port, 'CacheEnable socache "/"',
            "CacheDefaultExpire 3600", "CacheIgnoreNoLastMod On",
            'ProxyPass "/" "http://127.0.0.1:%d/" keepalive=On ttl=60' % origin, "</VirtualHost>"]


def write(folder, lines):
    for name in ("run", "logs", "htdocs"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    path = os.path.join(folder, "httpd.conf")
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    run(program(), "-t", "-d", folder, "-f", path)
    return path


def command(folder):
    return [program(), "-d", folder, "-f", os.path.join(folder, "httpd.conf"), "-DFOREGROUND"]
