/* SPDX-License-Identifier: MIT
 * A plain resource over HTTP: notes, each of one user's, with a slug that nobody else's has. */
#include "mod_shop/store/record_http.h"

#include "mod_shop/http/query.h"
#include "mod_shop/http/route.h"
#include "tests/kit/kit.h"
#include "tests/kit/record_mem.h"

typedef struct note_t {
    const char *id, *user_id, *slug, *title;
    int64_t stars, rev;
    apr_time_t created_at, updated_at;
} note_t;

static const shop_field_t note_fields[] = {
    SHOP_FIELD(note_t, id, ID, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0, "identifier"),
    SHOP_FIELD(note_t, user_id, ID, SHOP_READ_ONLY | SHOP_ON_CREATE | SHOP_FOR_ADMIN, 0, 0,
               "whose"),
    SHOP_FIELD(note_t, slug, STRING, SHOP_REQUIRED | SHOP_ON_CREATE, 1, 20, "slug"),
    SHOP_FIELD(note_t, title, STRING, SHOP_REQUIRED, 1, 20, "title"),
    SHOP_FIELD(note_t, stars, INT, SHOP_NULLABLE, 1, 5, "stars"),
    SHOP_RECORD_FIELDS(note_t),
    SHOP_FIELDS_END,
};

static const shop_record_unique_t note_unique[] = { { "slug", SHOP_CONFLICT, NULL },
                                                    { .member = NULL } };
static const char *const note_sorts[] = { "-created_at", "title", "-title", NULL };

static const shop_record_t note_record = { .collection = "notes",
                                           .noun = "note",
                                           .fields = note_fields,
                                           .size = sizeof(note_t),
                                           .id = "id",
                                           .owner = "user_id",
                                           .unique = note_unique,
                                           .sorts = note_sorts };

typedef struct list_params_t {
    shop_page_params_t page;
    const char *sort;
} list_params_t;

static const shop_field_t list_fields[] = {
    SHOP_PAGE_PARAMS,
    SHOP_FIELD_ENUM_OF(list_params_t, sort, 0, note_sorts, "order"),
    SHOP_FIELDS_END,
};

static shop_record_store_t *notes;
static int races; /* how many updates and removals lose one */

static shop_error_t *check_note(void *one, const shop_req_t *req)
{
    shop_error_t *err = NULL;

    if (!strcmp(((note_t *)one)->title, "bad")) {
        shop_error_violate(&err, req->pool, "/title", "bad", "must not be bad");
    }
    return err;
}

static shop_record_api_t api_of(const shop_app_t *app, const shop_req_t *req)
{
    return (shop_record_api_t){ .store = notes,
                                .owner = req->caller.user_id,
                                .everybody = req->caller.role == SHOP_ROLE_ADMIN,
                                .require_if_match = app->settings->require_if_match,
                                .check = check_note };
}

#define HANDLER(name, act)                                                             \
    static shop_error_t *name(const shop_app_t *app, shop_req_t *req, shop_res_t *res) \
    {                                                                                  \
        shop_record_api_t api = api_of(app, req);                                      \
                                                                                       \
        return act(&api, req, res);                                                    \
    }
HANDLER(note_list, shop_record_list)
HANDLER(note_show, shop_record_show)
HANDLER(note_create, shop_record_create)
HANDLER(note_change, shop_record_change)
HANDLER(note_delete, shop_record_delete)

#define ROUTE(method_, path_, handler_, ...)                                           \
    {                                                                                  \
        .method = method_, .path = path_, .handler = handler_, .operation = #handler_, \
        .access = SHOP_ACCESS_CUSTOMER, .reply = note_fields, __VA_ARGS__              \
    }
#define BODY .body = note_fields, .body_size = sizeof(note_t)

static const shop_route_t routes[] = {
    ROUTE("GET", "/notes", note_list, .status = 200, .reply_kind = SHOP_REPLY_LIST,
          .query = list_fields, .query_size = sizeof(list_params_t)),
    ROUTE("POST", "/notes", note_create, .status = 201, BODY),
    ROUTE("GET", "/notes/{id}", note_show, .status = 200),
    ROUTE("PATCH", "/notes/{id}", note_change, .status = 200, BODY, .partial = true,
          .if_match = true),
    ROUTE("PUT", "/notes/{id}", note_change, .status = 200, BODY, .if_match = true),
    ROUTE("DELETE", "/notes/{id}", note_delete, .status = 200, .if_match = true),
    { .method = NULL },
};

static shop_error_t *(*real_update)(bool *, shop_record_store_t *, const void *, apr_pool_t *);
static shop_error_t *(*real_remove)(bool *, shop_record_store_t *, const char *, int64_t,
                                    apr_pool_t *);

static shop_error_t *racing_update(bool *done, shop_record_store_t *store, const void *one,
                                   apr_pool_t *pool)
{
    *done = false;
    return races-- > 0 ? NULL : real_update(done, store, one, pool);
}

static shop_error_t *racing_remove(bool *done, shop_record_store_t *store, const char *id,
                                   int64_t rev, apr_pool_t *pool)
{
    *done = false;
    return races-- > 0 ? NULL : real_remove(done, store, id, rev, pool);
}

static void begin(void)
{
    kit_begin_with(routes);
    notes = shop_record_mem(&note_record, t_pool);
    real_update = notes->update;
    real_remove = notes->remove;
    notes->update = racing_update;
    notes->remove = racing_remove;
    races = 0;
}

/* The new note's path. */
static const char *add(const char *as, const char *slug, const char *title)
{
    T_SEND(201, as, "POST", "/notes",
           apr_psprintf(t_pool, "{\"slug\":\"%s\",\"title\":\"%s\"}", slug, title));
    return apr_pstrcat(t_pool, "/notes/", kit_text("id"), NULL);
}

static void a_record_is_made_shown_changed_and_deleted(void)
{
    const char *path;

    begin();
    path = add("user", "one", "First");
    T_STR(kit_reply_header("Location"), apr_pstrcat(t_pool, "/api", path, NULL));
    T_STR(kit_text("created_at"), kit_text("updated_at"));
    T_TRUE(json_is_null(json_object_get(kit.json, "stars")));
    T_TRUE(!json_object_get(kit.json, "rev") && !json_object_get(kit.json, "user_id"));
    T_SEND(200, "user", "GET", path, NULL);
    T_STR(kit_text("slug"), "one");
    kit.clock.fixed += apr_time_from_sec(60);
    T_SEND(200, "user", "PATCH", path, "{\"stars\":3}");
    T_STR(kit_text("title"), "First");
    T_INT(kit_int("stars"), 3);
    T_TRUE(strcmp(kit_text("created_at"), kit_text("updated_at")) < 0);
    T_SEND(200, "user", "PUT", path, "{\"slug\":\"one\",\"title\":\"Again\"}");
    T_TRUE(json_is_null(json_object_get(kit.json, "stars")));
    T_SEND(200, "admin", "GET", path, NULL);
    T_STR(kit_text("title"), "Again");
    T_STR(kit_text("user_id"), KIT_USER);
    T_SEND(200, "user", "DELETE", path, NULL);
    T_STR(kit_text("title"), "Again");
    T_PROBLEM(404, "not_found", "user", "GET", path, NULL);
    T_PROBLEM(404, "not_found", "user", "PATCH", path, "{\"stars\":3}");
    T_PROBLEM(404, "not_found", "user", "DELETE", path, NULL);
}

static void what_is_wrong_is_refused(void)
{
    const char *path;

    begin();
    path = add("user", "one", "First");
    T_PROBLEM(409, "conflict", "admin", "POST", "/notes", "{\"slug\":\"one\",\"title\":\"x\"}");
    T_PROBLEM(422, "validation_failed", "user", "POST", "/notes",
              "{\"slug\":\"two\",\"title\":\"bad\"}");
    T_STR(kit_pointer(), "/title");
    T_PROBLEM(422, "validation_failed", "user", "PATCH", path, "{\"title\":\"bad\"}");
    T_PROBLEM(422, "validation_failed", "user", "PATCH", path, "{\"slug\":\"two\"}");
    T_PROBLEM(404, "not_found", "user", "GET", "/notes/none", NULL);
    T_SEND(200, "user", "GET", path, NULL);
    T_STR(kit_text("title"), "First");
}

static void lists_are_the_callers_own_in_the_order_asked_for(void)
{
    begin();
    add("user", "a", "Cherry");
    kit.clock.fixed += apr_time_from_sec(1);
    add("user", "b", "apple");
    add("admin", "c", "Banana"); /* not the user's */
    T_SEND(200, "user", "GET", "/notes?count=true", NULL);
    T_INT(kit_int("total"), 2);
    T_STR(json_string_value(
              json_object_get(json_array_get(json_object_get(kit.json, "items"), 0), "title")),
          "apple");
    T_SEND(200, "admin", "GET", "/notes?sort=title&limit=2", NULL);
    T_INT(kit_count("items"), 2);
    T_SEND(200, "admin", "GET",
           apr_pstrcat(t_pool, "/notes?sort=title&cursor=", kit_text("next_cursor"), NULL), NULL);
    T_INT(kit_count("items"), 1);
    T_TRUE(t_says(kit.res, "Cherry"));
    T_PROBLEM(422, "validation_failed", "user", "GET", "/notes?sort=rev", NULL);
    T_SEND(200, "user", "GET", "/notes?sort=title&limit=1", NULL);
    T_PROBLEM(422, "validation_failed", "user", "GET",
              apr_pstrcat(t_pool, "/notes?sort=-title&cursor=", kit_text("next_cursor"), NULL),
              NULL);
}

static void somebody_elses_are_not_there(void)
{
    const char *path;

    begin();
    path = add("admin", "one", "First");
    T_PROBLEM(404, "not_found", "user", "GET", path, NULL);
    T_PROBLEM(404, "not_found", "user", "PATCH", path, "{\"stars\":3}");
    T_PROBLEM(404, "not_found", "user", "DELETE", path, NULL);
    T_SEND(200, "admin", "GET", path, NULL);
}

static void a_change_is_of_the_state_that_was_read(void)
{
    const char *path, *etag;

    begin();
    path = add("user", "one", "First");
    etag = kit.res->etag;
    kit_header("If-Match", etag);
    T_SEND(200, "user", "PATCH", path, "{\"stars\":3}");
    kit_header("If-Match", etag);
    T_PROBLEM(412, "precondition_failed", "user", "PATCH", path, "{\"stars\":4}");
    kit_header("If-Match", etag);
    T_PROBLEM(412, "precondition_failed", "user", "DELETE", path, NULL);
    kit.settings.require_if_match = true;
    T_PROBLEM(428, "precondition_required", "user", "PATCH", path, "{\"stars\":4}");
    T_PROBLEM(428, "precondition_required", "user", "DELETE", path, NULL);
}

/* A public route shows an admin what it shows everybody: he changes what he has read there. */
static void an_admin_may_name_what_others_see(void)
{
    const char *path, *seen, *whole;

    begin();
    path = add("user", "one", "First");
    T_SEND(200, "user", "GET", path, NULL);
    seen = kit.res->etag;
    T_SEND(200, "admin", "GET", path, NULL);
    whole = kit.res->etag;
    T_TRUE(strcmp(seen, whole) != 0);
    kit.settings.require_if_match = true;
    kit_header("If-Match", seen);
    T_SEND(200, "admin", "PATCH", path, "{\"stars\":2}");
    kit_header("If-Match", seen);
    T_PROBLEM(412, "precondition_failed", "admin", "PATCH", path, "{\"stars\":3}");
    kit_header("If-Match", whole);
    T_PROBLEM(412, "precondition_failed", "user", "PATCH", path, "{\"stars\":3}");
    T_PROBLEM(428, "precondition_required", "admin", "DELETE", path, NULL);
    T_SEND(200, "user", "GET", path, NULL);
    kit_header("If-Match", kit.res->etag);
    T_SEND(200, "admin", "DELETE", path, NULL);
}

static void a_lost_race_is_run_again_unless_a_state_was_named(void)
{
    const char *path;

    begin();
    path = add("user", "one", "First");
    races = 3;
    T_SEND(200, "user", "PATCH", path, "{\"stars\":3}");
    races = 1;
    kit_header("If-Match", kit.res->etag);
    T_PROBLEM(412, "precondition_failed", "user", "PATCH", path, "{\"stars\":4}");
    races = 1;
    kit_header("If-Match", "*");
    T_SEND(200, "user", "PATCH", path, "{\"stars\":4}");
    races = 100;
    T_PROBLEM(409, "conflict", "user", "PATCH", path, "{\"stars\":5}");
    T_PROBLEM(409, "conflict", "user", "DELETE", path, NULL);
    races = 1;
    T_SEND(200, "user", "DELETE", path, NULL);
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_record_is_made_shown_changed_and_deleted,
              "a record is made, shown, changed and deleted"),
    SHOP_TEST(what_is_wrong_is_refused, "what is wrong is refused"),
    SHOP_TEST(lists_are_the_callers_own_in_the_order_asked_for,
              "lists are the caller's own, in the order asked for"),
    SHOP_TEST(somebody_elses_are_not_there, "somebody else's are not there"),
    SHOP_TEST(a_change_is_of_the_state_that_was_read, "a change is of the state that was read"),
    SHOP_TEST(an_admin_may_name_what_others_see, "an admin may name what others see"),
    SHOP_TEST(a_lost_race_is_run_again_unless_a_state_was_named,
              "a lost race is run again, unless a state was named"),
    SHOP_TEST_END,
};
SHOP_SUITE("records over HTTP", tests)
