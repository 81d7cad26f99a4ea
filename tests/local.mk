# SPDX-License-Identifier: MIT

# ---- shared by every program: frame, fakes, contract suites ----
check_LTLIBRARIES += libtestkit.la
libtestkit_la_SOURCES = \
	tests/contract/account_contract.c \
	tests/contract/account_contract.h \
	tests/contract/cart_contract.c \
	tests/contract/cart_contract.h \
	tests/contract/contract_store.c \
	tests/contract/contract_store.h \
	tests/contract/coupon_contract.c \
	tests/contract/coupon_contract.h \
	tests/contract/crowd.c \
	tests/contract/order_contract.c \
	tests/contract/order_contract.h \
	tests/contract/product_contract.c \
	tests/contract/product_contract.h \
	tests/contract/product_order_contract.c \
	tests/contract/product_stock_contract.c \
	tests/kit/account_mem.c \
	tests/kit/account_mem.h \
	tests/kit/cart_mem.c \
	tests/kit/cart_mem.h \
	tests/kit/coupon_mem.c \
	tests/kit/coupon_mem.h \
	tests/kit/order_mem.c \
	tests/kit/order_mem.h \
	tests/kit/product_mem.c \
	tests/kit/product_mem.h \
	tests/kit/product_mem_inner.h \
	tests/kit/order_shop.c \
	tests/kit/order_shop.h \
	tests/kit/product_order_mem.c \
	tests/kit/toy.c \
	tests/kit/toy.h \
	tests/kit/harness.c \
	tests/kit/harness.h
TEST_LIBS = libunit_accounts.la libunit_base.la libunit_guard.la libunit_http.la libunit_orders.la libunit_catalogue.la libtestkit.la libshop.la $(SHOP_LIBS) -lcunit -lpthread

# ---- unit and in-process tests: one program per main() ----
check_LTLIBRARIES += libunit_accounts.la
libunit_accounts_la_SOURCES = \
	tests/unit/accounts/world.c \
	tests/unit/accounts/world.h
tests_unit_accounts_test_account_SOURCES = tests/unit/accounts/test_account.c
tests_unit_accounts_test_account_LDADD = $(TEST_LIBS)
tests_unit_accounts_test_account_api_SOURCES = tests/unit/accounts/test_account_api.c
tests_unit_accounts_test_account_api_LDADD = $(TEST_LIBS)
tests_unit_accounts_test_account_session_api_SOURCES = tests/unit/accounts/test_account_session_api.c
tests_unit_accounts_test_account_session_api_LDADD = $(TEST_LIBS)
check_LTLIBRARIES += libunit_base.la
libunit_base_la_SOURCES = \
	tests/unit/base/test_clock.c \
	tests/unit/base/test_cursor.c \
	tests/unit/base/test_error.c \
	tests/unit/base/test_fields.c \
	tests/unit/base/test_id.c \
	tests/unit/base/test_json.c \
	tests/unit/base/test_json_write.c \
	tests/unit/base/test_log.c \
	tests/unit/base/test_money.c \
	tests/unit/base/test_text.c \
	tests/unit/base/test_text_email.c \
	tests/unit/base/suites.h
tests_unit_base_test_base_SOURCES = tests/unit/base/main.c
tests_unit_base_test_base_LDADD = $(TEST_LIBS)
tests_unit_cart_test_cart_SOURCES = tests/unit/cart/test_cart.c
tests_unit_cart_test_cart_LDADD = $(TEST_LIBS)
tests_unit_coupons_test_coupons_SOURCES = tests/unit/coupons/test_coupons.c
tests_unit_coupons_test_coupons_LDADD = $(TEST_LIBS)
check_LTLIBRARIES += libunit_guard.la
libunit_guard_la_SOURCES = \
	tests/unit/guard/test_limiter_lease.c \
	tests/unit/guard/test_limiter_shm.c \
	tests/unit/guard/test_rate.c \
	tests/unit/guard/test_revoked_shm.c \
	tests/unit/guard/suites.h
tests_unit_guard_test_guard_SOURCES = tests/unit/guard/main.c
tests_unit_guard_test_guard_LDADD = $(TEST_LIBS)
tests_unit_guard_test_authn_SOURCES = tests/unit/guard/test_authn.c
tests_unit_guard_test_authn_LDADD = $(TEST_LIBS)
tests_unit_guard_test_token_SOURCES = tests/unit/guard/test_token.c
tests_unit_guard_test_token_LDADD = $(TEST_LIBS)
check_LTLIBRARIES += libunit_http.la
libunit_http_la_SOURCES = \
	tests/unit/http/test_body.c \
	tests/unit/http/test_coding.c \
	tests/unit/http/test_dispatch.c \
	tests/unit/http/test_etag.c \
	tests/unit/http/test_media.c \
	tests/unit/http/test_problem.c \
	tests/unit/http/test_query.c \
	tests/unit/http/test_res.c \
	tests/unit/http/test_router.c \
	tests/unit/http/suites.h
tests_unit_http_test_http_SOURCES = tests/unit/http/main.c
tests_unit_http_test_http_LDADD = $(TEST_LIBS)
tests_unit_cache_test_cache_local_SOURCES = tests/unit/cache/test_cache_local.c
tests_unit_cache_test_cache_local_LDADD = $(TEST_LIBS)
tests_unit_metrics_test_metrics_SOURCES = tests/unit/metrics/test_metrics.c
tests_unit_metrics_test_metrics_LDADD = $(TEST_LIBS)
tests_unit_openapi_test_openapi_SOURCES = tests/unit/openapi/test_openapi.c
tests_unit_openapi_test_openapi_LDADD = $(TEST_LIBS)
tests_unit_hosts_test_announce_SOURCES = tests/unit/hosts/test_announce.c
tests_unit_hosts_test_announce_LDADD = $(TEST_LIBS)
tests_unit_drivers_test_password_SOURCES = tests/unit/drivers/test_password.c
tests_unit_drivers_test_password_LDADD = $(TEST_LIBS)
tests_unit_audit_test_verify_SOURCES = tests/unit/audit/test_verify.c
tests_unit_audit_test_verify_LDADD = $(TEST_LIBS)
check_LTLIBRARIES += libunit_orders.la
libunit_orders_la_SOURCES = \
	tests/unit/orders/test_order_api.c \
	tests/unit/orders/test_order_faults.c \
	tests/unit/orders/test_order_money.c \
	tests/unit/orders/test_order_place.c \
	tests/unit/orders/test_order_races.c \
	tests/unit/orders/test_order_rules.c \
	tests/unit/orders/order_tests.h
tests_unit_orders_test_orders_SOURCES = tests/unit/orders/test_orders.c
tests_unit_orders_test_orders_LDADD = $(TEST_LIBS)
check_LTLIBRARIES += libunit_catalogue.la
libunit_catalogue_la_SOURCES = \
	tests/unit/catalogue/api.c \
	tests/unit/catalogue/api.h
tests_unit_catalogue_test_products_SOURCES = tests/unit/catalogue/test_products.c
tests_unit_catalogue_test_products_LDADD = $(TEST_LIBS)

# ---- contract suites: fake always, the real store when its address is given ----
tests_contract_test_account_contract_SOURCES = tests/contract/test_account_contract.c
tests_contract_test_account_contract_LDADD = $(TEST_LIBS)
tests_contract_test_catalogue_contract_SOURCES = tests/contract/test_catalogue_contract.c
tests_contract_test_catalogue_contract_LDADD = $(TEST_LIBS)
tests_contract_test_coupon_contract_SOURCES = tests/contract/test_coupon_contract.c
tests_contract_test_coupon_contract_LDADD = $(TEST_LIBS)
tests_contract_test_listen_contract_SOURCES = tests/contract/test_listen_contract.c
tests_contract_test_listen_contract_LDADD = $(TEST_LIBS)
tests_contract_test_mongo_infra_SOURCES = tests/contract/test_mongo_infra.c
tests_contract_test_mongo_infra_LDADD = $(TEST_LIBS)
tests_contract_test_order_contract_SOURCES = tests/contract/test_order_contract.c
tests_contract_test_order_contract_LDADD = $(TEST_LIBS)
tests_contract_test_redis_contract_SOURCES = \
	tests/contract/redis_filling.c \
	tests/contract/redis_filling.h \
	tests/contract/redis_lease.c \
	tests/contract/redis_lease.h \
	tests/contract/test_redis_contract.c
tests_contract_test_redis_contract_LDADD = $(TEST_LIBS)
tests_contract_test_verify_contract_SOURCES = \
	tests/contract/test_verify_contract.c \
	tests/contract/verify_shop.c \
	tests/contract/verify_shop.h \
	tests/contract/verify_traffic.c
tests_contract_test_verify_contract_LDADD = $(TEST_LIBS)

# ---- the storm: seeded schedules of the order code over the fakes, and over a real store ----
check_LTLIBRARIES += libstorm.la
libstorm_la_SOURCES = \
	tests/storm/storm.h \
	tests/storm/storm_audit.c \
	tests/storm/storm_call.c \
	tests/storm/storm_main.c \
	tests/storm/storm_ports.c \
	tests/storm/storm_refund.c \
	tests/storm/storm_sched.c \
	tests/storm/storm_store.c \
	tests/storm/storm_world.c
STORM_LIBS = libstorm.la libtestkit.la libshop.la $(SHOP_LIBS) -lcunit -lpthread
tests_storm_test_storm_SOURCES = tests/storm/test_storm.c
tests_storm_test_storm_LDADD = $(STORM_LIBS)
tests_storm_test_storm_store_SOURCES = tests/storm/test_storm_store.c
tests_storm_test_storm_store_LDADD = $(STORM_LIBS)

# ---- fuzz targets over their corpora ----
include tests/fuzz/local.mk

unit_tests = \
	tests/unit/accounts/test_account \
	tests/unit/accounts/test_account_api \
	tests/unit/accounts/test_account_session_api \
	tests/unit/base/test_base \
	tests/unit/cart/test_cart \
	tests/unit/coupons/test_coupons \
	tests/unit/guard/test_guard \
	tests/unit/guard/test_authn \
	tests/unit/guard/test_token \
	tests/unit/http/test_http \
	tests/unit/cache/test_cache_local \
	tests/unit/metrics/test_metrics \
	tests/unit/openapi/test_openapi \
	tests/unit/hosts/test_announce \
	tests/unit/drivers/test_password \
	tests/unit/audit/test_verify \
	tests/unit/orders/test_orders \
	tests/unit/catalogue/test_products \
	tests/storm/test_storm
contract_tests = \
	tests/contract/test_account_contract \
	tests/contract/test_catalogue_contract \
	tests/contract/test_coupon_contract \
	tests/contract/test_listen_contract \
	tests/contract/test_mongo_infra \
	tests/contract/test_order_contract \
	tests/contract/test_redis_contract \
	tests/contract/test_verify_contract \
	tests/storm/test_storm_store
check_scripts = \
	tests/checks/check_banned.sh \
	tests/checks/check_docs.sh \
	tests/checks/check_exports.sh \
	tests/checks/check_layers.sh \
	tests/checks/check_model.sh \
	tests/checks/check_registry.sh \
	tests/checks/check_words.sh

if HAVE_CUNIT
check_PROGRAMS += $(unit_tests) $(contract_tests)
TESTS += $(unit_tests) $(contract_tests)
endif
TESTS += $(check_scripts)
EXTRA_DIST += $(check_scripts)
