#include "config/gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "config/checks.h"
#include "config/gateway_answer.h"
#include "config/gateway_auth.h"
#include "config/gateway_names.h"
#include "config/gateway_report.h"
#include "config/gateway_request.h"
#include "config/gateway_variables.h"
#include "config/path.h"

static const char *const profile_names[] = {"gsm", "euc-kr", "cp949", "kr", NULL};
#define KR_WORD 3
static const char *const transliteration_names[] = {"safe", "accents", "off", NULL};

static int check_method(const char *text, struct error *err)
{
    if (strcmp(text, "GET") == 0 || strcmp(text, "POST") == 0)
        return 0;
    return error_set(err, ERR_INPUT, "must be GET or POST, not `%s`", text);
}

#define IN(m) .offset = offsetof(struct gateway, m)

static const struct param rows[] = {
    {.key = "gateway",
     .type = PARAM_TEXT,
     .required = true,
     .check = check_name,
     IN(name),
     .about = "Name of the gateway, the same as that of the file."},
    {.key = "vars.*", .type = PARAM_SUBTREE},
    {.key = "certified",
     .type = PARAM_BOOLEAN,
     .fallback = "false",
     IN(certified),
     .about = "Its provider has the Korean certificate for advertising to many."},
    {.key = "limits.timeout",
     .type = PARAM_DURATION,
     .fallback = "10s",
     .min = 100,
     .max = 300000,
     IN(timeout_ms),
     .about = "How long one request may take in all."},
    {.key = "limits.rate",
     .type = PARAM_RATE,
     .fallback = "unlimited",
     IN(rate),
     .about = "The gateway's own limit; a transport cannot send faster."},
    {.key = "limits.concurrency",
     .type = PARAM_INTEGER,
     .fallback = "0",
     .min = 0,
     .max = 1000,
     IN(concurrency),
     .about = "Requests at once the gateway bears; 0: what the transport says."},
    {.key = "text.profile",
     .type = PARAM_CHOICE,
     .fallback = "gsm",
     .choices = profile_names,
     IN(profile),
     .about = "How the gateway counts the length of a text."},
    {.key = "text.max_segments",
     .type = PARAM_INTEGER,
     .fallback = "6",
     .min = 1,
     .max = 255,
     IN(max_segments),
     .about = "Longer texts are refused before they are sent."},
    {.key = "text.max_chars",
     .type = PARAM_INTEGER,
     .fallback = "0",
     .min = 0,
     .max = 100000,
     IN(max_chars),
     .about = "Texts of more characters are refused before they are sent; 0: no limit."},
    {.key = "text.transliterate",
     .type = PARAM_CHOICE,
     .fallback = "safe",
     .choices = transliteration_names,
     IN(transliterate),
     .about = "What may be replaced so that a text fits a cheaper encoding."},
    {.key = "text.sms_bytes",
     .type = PARAM_INTEGER,
     .fallback = "90",
     .min = 20,
     .max = 10000,
     IN(sms_bytes),
     .about = "Korean profiles: bytes of an SMS."},
    {.key = "text.lms_bytes",
     .type = PARAM_INTEGER,
     .fallback = "2000",
     .min = 20,
     .max = 10000,
     IN(lms_bytes),
     .about = "Korean profiles: bytes of an LMS."},
    {.key = "text.subject_bytes",
     .type = PARAM_INTEGER,
     .fallback = "40",
     .min = 20,
     .max = 10000,
     IN(subject_bytes),
     .about = "Korean profiles: bytes of the title of an LMS."},
    {.key = "auth", .type = PARAM_SUBTREE},
    {.key = "maps.*", .type = PARAM_SUBTREE},
    {.key = "request.method",
     .type = PARAM_TEXT,
     .required = true,
     .check = check_method,
     IN(method),
     .about = "GET or POST."},
    {.key = "request.url",
     .type = PARAM_TEXT,
     .required = true,
     IN(url),
     .about = "Where requests go."},
    {.key = "request.headers.*", .type = PARAM_SUBTREE},
    {.key = "request.query.*", .type = PARAM_SUBTREE},
    {.key = "request.form.*", .type = PARAM_SUBTREE},
    {.key = "request.json", .type = PARAM_SUBTREE},
    {.key = "request.body", .type = PARAM_SUBTREE},
    {.key = "response.id", .type = PARAM_SUBTREE},
    {.key = "response.parts", .type = PARAM_SUBTREE},
    {.key = "response.error_code", .type = PARAM_SUBTREE},
    {.key = "response.error_text", .type = PARAM_SUBTREE},
    {.key = "response.answers", .type = PARAM_SUBTREE},
    {.key = "dlr", .type = PARAM_SUBTREE},
};
static const struct param_table table = {rows, COUNT_OF(rows)};

static const struct param name_row = {.key = "gateway",
                                      .type = PARAM_TEXT,
                                      .check = check_name,
                                      .about = "Name of the description: gateways/NAME.yaml."};

struct gateway *gateway_default(void)
{
    struct gateway *g = xcalloc(1, sizeof(*g));
    g->name = xstrdup("outbox");
    g->profile = LENGTH_GSM;
    g->max_segments = 6;
    g->method = xstrdup("POST");
    g->url = xstrdup("");
    return g;
}

/* `kr` is what people call EUC-KR. */
static void settle_lengths(struct gateway *g)
{
    if ((size_t)g->profile == KR_WORD)
        g->profile = LENGTH_EUC_KR;
}

static void check_lengths(struct load *l, const char *file, const struct yaml_node *root,
                          const struct gateway *g)
{
    static const char *const korean[] = {"sms_bytes", "lms_bytes", "subject_bytes"};
    const struct yaml_node *text = yaml_get(root, "text");
    for (size_t i = 0; i < COUNT_OF(korean); i++) {
        const struct yaml_node *node = yaml_get(text, korean[i]);
        if (node != NULL && g->profile == LENGTH_GSM)
            load_problem(l, place_of_key(file, node), "`%s` needs `profile: kr`, euc-kr or cp949",
                         korean[i]);
    }
    if (g->sms_bytes > g->lms_bytes)
        load_problem(l, place_of_key(file, text), "`sms_bytes` is more than `lms_bytes`");
}

static void check_whole(struct load *l, const char *file, const struct yaml_node *root,
                        const char *wanted, const struct gateway *g)
{
    const struct yaml_node *name = yaml_get(root, "gateway");
    const struct yaml_node *dlr = yaml_get(root, "dlr");
    if (g->name != NULL && name != NULL && strcmp(g->name, wanted) != 0)
        load_problem(l, place_of(file, name), "`gateway` must be `%s`, like the file", wanted);
    if (g->report != NULL && !g->report->by_key && g->id.kind == GATEWAY_EXTRACT_NONE)
        load_problem(l, place_of_key(file, dlr),
                     "reports name a message by its id, but `response.id` does not say where an "
                     "answer holds it");
    if (g->report == NULL && g->uses[GATEWAY_NAME_CALLBACK])
        load_problem(l, place_of_key(file, root),
                     "{{callback}} asks for reports, but there is no `dlr` that explains them");
}

static void read_parts(struct load *l, const struct yaml_node *root, const struct variables *v,
                       struct gateway *g)
{
    const struct yaml_node *request = yaml_get(root, "request");
    settle_lengths(g);
    check_lengths(l, g->file, root, g);
    gateway_read_variables(l, v, g);
    gateway_read_maps(l, g->file, yaml_get(root, "maps"), g);
    gateway_read_auth(l, g->file, yaml_get(root, "auth"), g);
    gateway_read_request(l, g->file, request, v->tolerant, g);
    gateway_read_answers(l, g->file, root, g);
    gateway_read_report(l, g->file, yaml_get(root, "dlr"), g);
}

static struct place place_of_name(const struct load *l, const struct section *transport)
{
    const struct yaml_node *node = yaml_get(transport->map, "gateway");
    if (node == NULL || reader_find_override(l, transport, "gateway") != NULL)
        return (struct place){.source = "command line"};
    return place_of(transport->file, node);
}

/* False: there is no such file, which is said. */
static bool find_file(struct load *l, const struct section *transport, const char *directory,
                      const char *wanted, const struct gateway *g)
{
    if (access(g->file, F_OK) == 0 || errno != ENOENT)
        return true;
    char *meant = gateway_names_closest(directory, wanted);
    if (meant != NULL)
        load_problem(l, place_of_name(l, transport), "%s does not exist; did you mean `%s`?",
                     g->file, meant);
    else
        load_problem(l, place_of_name(l, transport), "%s does not exist", g->file);
    free(meant);
    return false;
}

static void read_file(struct load *l, const struct section *transport, const char *wanted,
                      struct variables *v, struct gateway *g)
{
    const struct yaml_node *root = load_tree(l, g->file, place_of_name(l, transport));
    if (root == NULL)
        return;
    char *directory = path_directory(g->file);
    const struct section description = {.file = g->file,
                                        .directory = load_keep(l, directory),
                                        .prefix = "",
                                        .map = root,
                                        .description = "a gateway description"};
    free(directory);
    reader_read(l, &description, &table, g);
    gateway_find_variables(v, transport, &description);
    read_parts(l, root, v, g);
    check_whole(l, g->file, root, wanted, g);
}

/* The name of the description; NULL after a problem. */
static const char *description_name(struct load *l, const struct section *transport,
                                    const char *directory)
{
    const struct yaml_node *node = yaml_get(transport->map, "gateway");
    const char *said = reader_find_override(l, transport, "gateway");
    struct error why = {0};
    if (node == NULL && said == NULL) {
        load_problem(l, place_of_key(transport->file, transport->map),
                     "`%sgateway` is missing: the name of a description in %s", transport->prefix,
                     directory);
        return NULL;
    }
    const char *name = said;
    if (said == NULL)
        name = node->kind == YAML_SCALAR ? node->text : "";
    if (check_name(name, &why) == 0)
        return name;
    load_problem(l, place_of_name(l, transport), "`%sgateway`: %s", transport->prefix, why.text);
    return NULL;
}

void gateway_read(struct load *l, const struct section *transport, const char *directory,
                  bool tolerant, struct gateway **out)
{
    size_t problems = l->problem_count;
    struct buf prefix = {0}, file = {0};
    const char *name = description_name(l, transport, directory);
    *out = NULL;
    if (name == NULL)
        return;

    struct gateway *g = xcalloc(1, sizeof(*g));
    struct variables v = {.set = *transport, .tolerant = tolerant};
    buf_printf(&prefix, "%svars.", transport->prefix);
    buf_printf(&file, "%s/%s.yaml", directory, name);
    v.set.prefix = prefix.data;
    g->file = buf_steal(&file);
    if (find_file(l, transport, directory, name, g))
        read_file(l, transport, name, &v, g);
    if (l->problem_count == problems) {
        reader_read_one(l, transport, yaml_get(transport->map, "gateway"), &name_row, "gateway",
                        &g->name);
        *out = g;
    } else {
        gateway_free(g);
    }
    buf_free(&prefix);
}

/* ---- limits of its transports ---- */

/* `config show` says where a value is from. */
static void name_source(struct load *l, const struct section *section, const char *key,
                        const struct gateway *g)
{
    struct buf full = {0};
    buf_printf(&full, "%s%s", section->prefix, key);
    for (size_t i = 0; i < l->setting_count; i++) {
        if (strcmp(l->settings[i].key, buf_text(&full)) == 0) {
            l->settings[i].place = (struct place){.source = load_keep(l, g->file)};
            l->settings[i].is_default = false;
        }
    }
    buf_free(&full);
}

static bool is_tighter(const struct rate *a, const struct rate *b)
{
    return a->count > 0 && (b->count == 0 || a->count * b->per_ms < b->count * a->per_ms);
}

void gateway_limit_transport(struct load *l, const struct section *section, struct transport *t)
{
    const struct gateway *g = t->sms.gateway;
    if (is_tighter(&g->rate, &t->rate)) {
        t->rate = g->rate;
        name_source(l, section, "rate", g);
    }
    if (g->concurrency > 0 && g->concurrency < t->concurrency) {
        t->concurrency = g->concurrency;
        name_source(l, section, "concurrency", g);
    }
}
