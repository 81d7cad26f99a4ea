# SPDX-License-Identifier: MIT
# Each suite runs on the fake, and on the real store when its address is given.
contract_tests += \
	tests/contract/test_account_contract \
	tests/contract/test_catalogue_contract \
	tests/contract/test_claims_contract \
	tests/contract/test_coupon_contract \
	tests/contract/test_keys_contract \
	tests/contract/test_listen_contract \
	tests/contract/test_migrate_contract \
	tests/contract/test_mongo_infra \
	tests/contract/test_order_contract \
	tests/contract/test_record_contract \
	tests/contract/test_redis_contract \
	tests/contract/test_reservation_contract \
	tests/contract/test_stock_contract \
	tests/contract/test_verify_contract
tests_contract_test_account_contract_SOURCES = \
	tests/contract/account_contract.c \
	tests/contract/account_contract.h \
	tests/contract/test_account_contract.c
tests_contract_test_catalogue_contract_SOURCES = \
	tests/contract/cart_contract.c \
	tests/contract/cart_contract.h \
	tests/contract/product_contract.c \
	tests/contract/product_contract.h \
	tests/contract/test_catalogue_contract.c
tests_contract_test_claims_contract_SOURCES = tests/contract/test_claims_contract.c
tests_contract_test_coupon_contract_SOURCES = \
	tests/contract/coupon_contract.c \
	tests/contract/coupon_contract.h \
	tests/contract/test_coupon_contract.c
tests_contract_test_keys_contract_SOURCES = tests/contract/test_keys_contract.c
tests_contract_test_listen_contract_SOURCES = tests/contract/test_listen_contract.c
tests_contract_test_migrate_contract_SOURCES = tests/contract/test_migrate_contract.c
tests_contract_test_mongo_infra_SOURCES = tests/contract/test_mongo_infra.c
tests_contract_test_order_contract_SOURCES = \
	tests/contract/order_contract.c \
	tests/contract/order_contract.h \
	tests/contract/test_order_contract.c \
	tests/unit/orders/order_tests.h \
	tests/unit/orders/test_order_claims.c \
	tests/unit/orders/test_order_faults.c \
	tests/unit/orders/test_order_place.c \
	tests/unit/orders/test_order_races.c
tests_contract_test_record_contract_SOURCES = tests/contract/test_record_contract.c
tests_contract_test_redis_contract_SOURCES = \
	tests/contract/redis_shared_fetch.c \
	tests/contract/redis_shared_fetch.h \
	tests/contract/redis_lease.c \
	tests/contract/redis_lease.h \
	tests/contract/test_redis_contract.c
tests_contract_test_redis_contract_LDFLAGS = $(STILL_CLOCK)
tests_contract_test_reservation_contract_SOURCES = \
	tests/contract/reservation_contract.c \
	tests/contract/reservation_contract.h \
	tests/contract/test_reservation_contract.c
tests_contract_test_stock_contract_SOURCES = \
	tests/contract/stock_contract.c \
	tests/contract/stock_contract.h \
	tests/contract/test_stock_contract.c
tests_contract_test_verify_contract_SOURCES = \
	tests/contract/test_verify_contract.c \
	tests/contract/verify_shop.c \
	tests/contract/verify_shop.h \
	tests/contract/verify_traffic.c
