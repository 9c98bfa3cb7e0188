#include "api/site.h"

#include <string.h>

#include "api/health.h"
#include "api/metrics.h"
#include "api/reports.h"
#include "base/attributes.h"
#include "base/text.h"

static void show_healthz(struct desk *d, struct call *call, const char *rest)
{
    (void)d;
    (void)rest;
    call_answer(call, &(struct reply){.status = 200, .body = "ok\n", .len = 3});
}

static void show_readyz(struct desk *d, struct call *call, const char *rest)
{
    (void)rest;
    questions_take(d->questions, QUESTION_HEALTH, call);
}

static void show_metrics(struct desk *d, struct call *call, const char *rest)
{
    (void)rest;
    questions_take(d->questions, QUESTION_METRICS, call);
}

static const struct {
    const char *path; /* the rest is the page's, where it ends in a slash */
    const char *methods;
    void (*show)(struct desk *d, struct call *call, const char *rest);
} pages[PAGES] = {
    [PAGE_OTHER] = {NULL, NULL, NULL},
    [PAGE_REPORTS] = {"/reports/", "GET, POST", reports_take},
    [PAGE_HEALTHZ] = {"/healthz", "GET, HEAD", show_healthz},
    [PAGE_READYZ] = {"/readyz", "GET, HEAD", show_readyz},
    [PAGE_METRICS] = {"/metrics", "GET, HEAD", show_metrics},
};

static const struct question_row questions[QUESTIONS] = {
    [QUESTION_HEALTH] = {"{\"v\":1,\"verb\":\"health\"}", health_write},
    [QUESTION_METRICS] = {"{\"v\":1,\"verb\":\"metrics\"}", metrics_write},
};

void site_open(struct desk *d)
{
    d->inbox = inbox_open(d->settings->control_socket);
    d->questions = questions_open(d->settings->control_socket, questions, d);
}

void site_close(struct desk *d)
{
    inbox_close(d->inbox);
    questions_close(d->questions);
}

bool site_is_idle(const struct desk *d)
{
    return inbox_is_empty(d->inbox) && questions_is_empty(d->questions);
}

static enum page find_page(const char *target, const char **out_rest)
{
    size_t len = strcspn(target, "?");
    for (int i = 1; i < PAGES; i++) {
        size_t size = strlen(pages[i].path);
        bool folder = pages[i].path[size - 1] == '/';
        *out_rest = target + size;
        if (strncmp(target, pages[i].path, size) == 0 && (folder || len == size))
            return (enum page)i;
    }
    return PAGE_OTHER;
}

/* "GET" in "GET, POST". */
static bool takes_method(const char *methods, const char *method)
{
    const char *at = strstr(methods, method);
    size_t len = strlen(method);
    return at != NULL && len > 0 && (at == methods || at[-1] == ' ') &&
           (at[len] == ',' || at[len] == '\0');
}

void site_handle(void *context, struct call *call)
{
    struct desk *d = context;
    const char *rest;
    enum page page = find_page(call_target(call), &rest);
    call_set_tag(call, (int)page);
    if (page == PAGE_OTHER)
        call_answer(call, &(struct reply){.status = 404});
    else if (!takes_method(pages[page].methods, call_method(call)))
        call_answer(call, &(struct reply){.status = 405, .allow = pages[page].methods});
    else
        pages[page].show(d, call, rest);
}
