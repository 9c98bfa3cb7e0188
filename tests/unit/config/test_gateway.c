#include "config/gateway.h"

#include "config/gateway_files.h"
#include "config/gateway_names.h"
#include "model/cause.h"
#include "gateway_scratch.h"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    scratch_write(&scratch, "password", 0600, "geheim\n");
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

#define HEAD "gateway: test\nvars: {base: \"https://sms.example.org\", key: {required: secret}}\n"
#define REQUEST                                                                                    \
    "request: {method: POST, url: \"{{base}}/send\", form: {text: \"{{text}}\", k: "               \
    "\"{{key}}\"}}\n"
#define RESPONSE "response: {answers: [{status: 200, class: accepted}, {class: transient}]}\n"
#define USE      "{channel: sms, gateway: test, sender: Example, vars: {key: {file: password}}}"

static void write_description(const char *text)
{
    scratch_write(&scratch, "gateways/test.yaml", 0644, text);
}

static void the_shipped_kannel_works_with_vars_alone(void **state)
{
    (void)state;
    char text[600];
    snprintf(
        text, sizeof(text),
        "gateways: %s/config/gateways\n"
        "transports:\n  sms:\n    channel: sms\n    gateway: kannel\n    sender: Example\n"
        "    allow_private: true\n"
        "    vars: {base: \"http://127.0.0.1:8888\", user: tester, password: {file: password}}\n",
        getcwd((char[300]){0}, 300));
    struct settings *s = scratch_must_load(&scratch, text);
    const struct transport *t = settings_find_transport(s, "sms");
    const struct gateway *g = t->sms.gateway;
    assert_true(t->sms.allow_private);
    assert_string_equal(g->name, "kannel");
    assert_string_equal(g->method, "GET");
    assert_string_equal(g->url, "{{base}}/cgi-bin/sendsms");
    assert_int_equal(g->profile, LENGTH_GSM);
    assert_int_equal(g->max_segments, 6);
    assert_int_equal(g->timeout_ms, 10000);
    assert_int_equal(g->body_kind, GATEWAY_BODY_NONE);
    assert_int_equal(g->variable_count, 3);
    assert_string_equal(g->variables[0].value, "http://127.0.0.1:8888");
    assert_false(g->variables[0].secret);
    assert_string_equal(g->variables[2].value, "geheim");
    assert_true(g->variables[2].secret);
    assert_int_equal(g->query.count, 10);
    const struct gateway_node *shown = &g->query.items[6];
    assert_string_equal(shown->key, "text");
    assert_int_equal(shown->kind, GATEWAY_NODE_CHOICE);
    assert_int_equal(shown->count, 2);
    assert_string_equal(shown->items[1].text, "{{text|utf16be}}");
    assert_string_equal(shown->items[1].conditions[0].name, "enc");
    assert_string_equal(shown->items[1].conditions[0].word, "ucs2");
    assert_int_equal(g->query.items[0].condition_count, 0);
    assert_true(g->uses[GATEWAY_NAME_CALLBACK]);
    assert_true(g->report->by_key);
    assert_string_equal(g->report->from, "key");
    assert_int_equal(g->report->state_count, 5);
    scratch_free(s);
}

static bool first_holds(const struct gateway *g, int status, const char *body)
{
    const struct gateway_reply reply = {status, body, NULL};
    return gateway_predicate_holds(&g->answers[0], &reply);
}

static void the_shipped_kannel_explains_every_answer(void **state)
{
    (void)state;
    char text[600];
    snprintf(text, sizeof(text),
             "gateways: %s/config/gateways\ntransports: {sms: {channel: sms, gateway: kannel, "
             "sender: Example, vars: {user: tester, password: {file: password}}}}\n",
             getcwd((char[300]){0}, 300));
    struct settings *s = scratch_must_load(&scratch, text);
    const struct gateway *g = s->transports[0].sms.gateway;
    static const struct {
        int from, to;
        enum outcome outcome;
    } rows[] = {{202, 202, OUTCOME_DELIVERED}, {403, 403, OUTCOME_CONFIG},
                {503, 503, OUTCOME_TRANSIENT}, {400, 499, OUTCOME_PERMANENT},
                {500, 599, OUTCOME_TRANSIENT}, {200, 299, OUTCOME_PERMANENT},
                {0, 0, OUTCOME_TRANSIENT}};
    assert_int_equal(g->answer_count, COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(g->answers[i].status_from, rows[i].from);
        assert_int_equal(g->answers[i].status_to, rows[i].to);
        assert_int_equal(g->answers[i].outcome, rows[i].outcome);
    }
    assert_true(first_holds(g, 202, "0: Accepted for delivery"));
    assert_false(first_holds(g, 202, "4: Refused"));
    scratch_free(s);
}

static void a_post_with_a_form_or_a_body_is_read(void **state)
{
    (void)state;
    write_description(HEAD REQUEST RESPONSE);
    struct settings *s = scratch_must_load(&scratch, "transports: {sms: " USE "}\n");
    const struct gateway *g = s->transports[0].sms.gateway;
    assert_int_equal(g->body_kind, GATEWAY_BODY_FORM);
    assert_int_equal(g->form.count, 2);
    assert_string_equal(g->answers[0].cause, "accepted");
    scratch_free(s);

    write_description(
        HEAD "text: {profile: euc-kr, max_segments: 1}\n"
             "request: {method: POST, url: \"{{base}}/\", headers: {content-type: text/plain,"
             " x-key: \"{{key}}\"}, body: \"{{text|utf16be|hex}}\"}\n" RESPONSE);
    s = scratch_must_load(&scratch, "transports: {sms: " USE "}\n");
    g = s->transports[0].sms.gateway;
    assert_int_equal(g->body_kind, GATEWAY_BODY_TEXT);
    assert_int_equal(g->profile, LENGTH_EUC_KR);
    assert_int_equal(g->headers.count, 2);
    scratch_free(s);
}

static void a_transport_must_fit_its_description(void **state)
{
    (void)state;
    static const struct {
        const char *transport, *sentence;
    } rows[] = {
        {"{channel: sms, sender: Example}", "`transports.sms.gateway` is missing"},
        {"{channel: sms, sender: Example, gateway: other}", "other.yaml"},
        {"{channel: sms, sender: Example, gateway: ../x}", "a name has 1 to 64 letters"},
        {"{channel: sms, gateway: test, vars: {key: {file: password}}}",
         "`transports.sms.sender` is missing"},
        {"{channel: sms, gateway: test, sender: ExampleBank12, vars: {key: {file: password}}}",
         "at most 11"},
        {"{channel: sms, gateway: test, sender: Example}",
         "write `key: {file: PATH}` below `vars`"},
        {"{channel: sms, gateway: test, sender: Example, vars: {key: geheim}}",
         "a secret must not stand in this file"},
        {"{channel: sms, gateway: test, sender: Example, vars: {key: {file: password}, bse: x}}",
         "unknown variable `bse`; did you mean `base`?"},
        {"{channel: sms, gateway: test, sender: Example, vars: {key: {file: password}, base: x}}",
         "starts with https://"},
        {"{channel: sms, gateway: test, sender: Example, vars: {key: {file: password}, "
         "base: \"http://u:geheim@h\"}}",
         "user name or password"},
        {"{channel: sms, gateway: test, sender: Example, vars: x}", "`vars` must be a map"},
    };
    write_description(HEAD REQUEST RESPONSE);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[400];
        struct error err;
        snprintf(text, sizeof(text), "transports: {sms: %s}\n", rows[i].transport);
        scratch_must_refuse(&scratch, text, rows[i].sentence);
        assert_null(scratch_load(&scratch, text, &err));
        assert_null(strstr(err.text, "geheim"));
    }
}

static void a_description_is_strict(void **state)
{
    (void)state;
    static const struct {
        const char *description, *sentence;
    } rows[] = {
        {"gateway: other\n" REQUEST RESPONSE, "`gateway` must be `test`"},
        {HEAD RESPONSE, "`request.url` is missing"},
        {HEAD REQUEST, "`response.answers` must be a list"},
        {HEAD "requests: {}\n" REQUEST RESPONSE, "did you mean `request`?"},
        {HEAD "limits: {timeout: 10}\n" REQUEST RESPONSE, "a duration with its unit"},
        {HEAD "text: {profile: utf8}\n" REQUEST RESPONSE, "must be gsm, euc-kr, cp949 or kr"},
        {HEAD "request: {method: PUT, url: \"{{base}}\"}\n" RESPONSE, "must be GET or POST"},
        {HEAD "request: {method: GET, url: \"{{base}}\", form: {a: b}}\n" RESPONSE, "has no body"},
        {HEAD "request: {method: POST, url: \"{{base}}\", form: {a: b}, body: c}\n" RESPONSE,
         "not both"},
        {HEAD "request: {method: GET, url: \"{{base}}/{{text}}\"}\n" RESPONSE,
         "cannot stand in the URL"},
        {HEAD "request: {method: GET, url: \"{{base}}\", query: {t: \"{{txt}}\"}}\n" RESPONSE,
         "unknown name in {{ }} `txt`; did you mean `text`?"},
        {HEAD
         "request: {method: GET, url: \"{{base}}\", query: {t: \"{{text|utf16}}\"}}\n" RESPONSE,
         "did you mean `utf16be`?"},
        {HEAD "request: {method: GET, url: \"{{base}}\", query: {t: \"{{text\"}}\n" RESPONSE,
         "`{{` without `}}`"},
        {HEAD "request: {method: GET, url: \"{{base}}\", query: {t: {when: {enc: ucs}, value: "
              "x}}}\n" RESPONSE,
         "unknown value of `enc` `ucs`; did you mean `ucs2`?"},
        {HEAD "request: {method: GET, url: \"{{base}}\", headers: {Host: x}}\n" RESPONSE,
         "header `Host`"},
        {HEAD "request: {method: GET, url: \"{{base}}\", headers: {Content-Length: x}}\n" RESPONSE,
         "header `Content-Length`"},
        {"gateway: test\nvars: {base: \"https://x\", text: y}\n" REQUEST RESPONSE,
         "is a part of every message"},
        {HEAD REQUEST "response: {answers: [{status: 2xx}]}\n", "`class` is missing"},
        {HEAD REQUEST "response: {answers: [{class: good}]}\n", "is no class"},
        {HEAD REQUEST "response: {answers: [{status: 6xx, class: accepted}]}\n", "is no status"},
        {HEAD REQUEST "response: {answers: [{status: 499-400, class: accepted}]}\n",
         "is no status"},
        {HEAD REQUEST "response: {answers: [{body_regex: \"(\", class: accepted}]}\n",
         "is no extended regular expression"},
        {HEAD REQUEST "response: {answers: [{cause: No way, class: accepted}]}\n",
         "a cause is one word"},
        {HEAD REQUEST "response: {answers: [{class: transient}, {status: 200, class: accepted}]}\n",
         "never reached"},
        {HEAD REQUEST "response: {answers: [{class: transient}]}\n",
         "no answer has `class: accepted`"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        write_description(rows[i].description);
        scratch_must_refuse(&scratch, "transports: {sms: " USE "}\n", rows[i].sentence);
    }
}

static void an_outbox_needs_no_secrets_of_its_description(void **state)
{
    (void)state;
    write_description(HEAD "text: {profile: cp949}\n" REQUEST RESPONSE);
    struct settings *s = scratch_must_load(
        &scratch, "transports: {sms: {channel: sms, type: outbox, gateway: test}}\n");
    assert_int_equal(s->transports[0].sms.gateway->profile, LENGTH_CP949);
    scratch_free(s);
}

static void every_cause_of_a_shipped_description_has_a_sentence(void **state)
{
    (void)state;
    char **names;
    size_t count;
    gateway_names_list("config/gateways", &names, &count);
    assert_true(count >= 13);
    for (size_t i = 0; i < count; i++) {
        struct gateway *g = NULL;
        struct error err;
        if (gateway_files_read("config/gateways", names[i], &g, &err) != 0)
            fail_msg("%s", err.text);
        for (size_t a = 0; a < g->answer_count; a++)
            if (cause_sentence(g->answers[a].cause) == NULL)
                fail_msg("%s: %s", names[i], g->answers[a].cause);
        gateway_free(g);
        free(names[i]);
    }
    free(names);
}

/* A generator whose faults can be made again. */
static uint32_t next_number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* One fault: a byte cut out, doubled or replaced, a line cut out, or the rest cut off. */
static void break_text(struct buf *text, uint32_t *state)
{
    static const char bytes[] = "{}[]:,\"'|/# \n-0a~\t";
    size_t at = next_number(state) % text->len, end = at;
    switch (next_number(state) % 5) {
    case 0:
        memmove(text->data + at, text->data + at + 1, text->len - at);
        text->len--;
        break;
    case 1:
        buf_putc(text, ' ');
        memmove(text->data + at + 1, text->data + at, text->len - at - 1);
        break;
    case 2:
        text->data[at] = bytes[next_number(state) % (sizeof(bytes) - 1)];
        break;
    case 3:
        while (end < text->len && text->data[end] != '\n')
            end++;
        memmove(text->data + at, text->data + end, text->len - end + 1);
        text->len -= end - at;
        break;
    default:
        buf_truncate(text, at);
    }
}

static void read_shipped(const char *name, struct buf *out)
{
    char path[100], bytes[20000];
    snprintf(path, sizeof(path), "config/gateways/%s.yaml", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
    fclose(file);
    char *line = strstr(bytes, "\ngateway: ");
    assert_non_null(line);
    buf_put(out, bytes, (size_t)(line - bytes));
    buf_puts(out, "\ngateway: test");
    buf_puts(out, strchr(line + 1, '\n'));
}

static void broken_descriptions_are_refused_or_read_but_never_end_the_program(void **state)
{
    (void)state;
    static const char *const names[] = {"kannel", "twilio", "nhncloud", "naver-sens", "seven"};
    uint32_t dice = 20261122;
    unsigned refused = 0;
    for (unsigned i = 0; i < 300; i++) {
        struct buf text = {0};
        struct error err;
        read_shipped(names[i % COUNT_OF(names)], &text);
        for (unsigned faults = 1 + i % 3; faults > 0 && text.len > 1; faults--)
            break_text(&text, &dice);
        write_description(buf_text(&text));
        struct settings *s = scratch_load(
            &scratch, "transports: {sms: {channel: sms, type: outbox, gateway: test}}\n", &err);
        refused += s == NULL ? 1 : 0;
        if (s == NULL && strlen(err.text) < 20)
            fail_msg("%s", err.text);
        scratch_free(s);
        buf_free(&text);
    }
    assert_true(refused > 50 && refused < 300);
}

static struct settings *load_with(const struct config_override *overrides, size_t count,
                                  struct error *err)
{
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = count};
    struct settings *s = NULL;
    gateway_scratch_write(&scratch, "");
    scratch_write(&scratch, "dispatcher.yaml", 0644,
                  "transports: {sms: {channel: sms, gateway: test, sender: Example, senders: "
                  "{\"+49\": First}, prices: {\"+49\": 0.1}, currency: EUR, windows: {KR: "
                  "08:00-20:00}, vars: {key: {file: password}, who: you}}}\n");
    *err = (struct error){0};
    int rc = config_load(&options, &s, err);
    assert_int_equal(rc != 0, s == NULL);
    return s;
}

static const char *value_of(const struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->variable_count; i++) {
        if (strcmp(g->variables[i].name, name) == 0)
            return g->variables[i].value;
    }
    return NULL;
}

static void what_the_command_line_says_below_a_transport_is_used(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {
        {"transports.sms.vars.base", "https://other.example.org"},
        {"transports.sms.vars.who", "they"},
        {"transports.sms.senders.+49", "Second"},
        {"transports.sms.prices.+49", "0.2"},
        {"transports.sms.windows.KR", "09:00-20:00"}};
    struct error err;
    struct settings *s = load_with(overrides, COUNT_OF(overrides), &err);
    if (s == NULL)
        fail_msg("%s", err.text);
    const struct sms_settings *sms = &s->transports[0].sms;
    assert_string_equal(value_of(sms->gateway, "base"), "https://other.example.org");
    assert_string_equal(value_of(sms->gateway, "who"), "they");
    assert_string_equal(sms->senders[0].sender, "Second");
    assert_int_equal(sms->prices[0].micros, 200000);
    assert_int_equal(sms->prices[0].lms_micros, 200000);
    assert_int_equal(s->transports[0].windows[0].window.from_minute, 540);
    scratch_free(s);
}

static void the_command_line_names_another_type_or_description(void **state)
{
    (void)state;
    static const struct config_override outbox = {"transports.sms.type", "outbox"};
    static const struct config_override other = {"transports.sms.gateway", "other"};
    struct error err;
    struct settings *s = load_with(&outbox, 1, &err);
    if (s == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(s->transports[0].type, TRANSPORT_OUTBOX);
    assert_non_null(s->transports[0].directory);
    scratch_free(s);
    assert_null(load_with(&other, 1, &err));
    assert_non_null(strstr(err.text, "command line: "));
    assert_non_null(strstr(err.text, "gateways/other.yaml"));
}

static void what_the_command_line_says_is_never_ignored(void **state)
{
    (void)state;
    static const struct {
        struct config_override override;
        const char *sentence;
    } rows[] = {
        {{"transports.sms.gateway", "tset"},
         "gateways/tset.yaml does not exist; did you mean `test`?"},
        {{"transports.sms.vars.bse", "x"}, "did you mean `transports.sms.vars.base`?"},
        {{"transports.sms.vars.key", "x"}, "`transports.sms.vars.key` is a secret"},
        {{"transports.sms.senders.+44", "x"}, "unknown key `transports.sms.senders.+44`"},
        {{"transports.sms.vars", "x"}, "unknown key `transports.sms.vars`"},
        {{"transports.sms.channel", "email"}, "not a key of a transport for email"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err;
        assert_null(load_with(&rows[i].override, 1, &err));
        if (strstr(err.text, rows[i].sentence) == NULL)
            fail_msg("no `%s` in: %s", rows[i].sentence, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_kannel_works_with_vars_alone),
        cmocka_unit_test(the_shipped_kannel_explains_every_answer),
        cmocka_unit_test(a_post_with_a_form_or_a_body_is_read),
        cmocka_unit_test(a_transport_must_fit_its_description),
        cmocka_unit_test(a_description_is_strict),
        cmocka_unit_test(an_outbox_needs_no_secrets_of_its_description),
        cmocka_unit_test(every_cause_of_a_shipped_description_has_a_sentence),
        cmocka_unit_test(what_the_command_line_says_below_a_transport_is_used),
        cmocka_unit_test(the_command_line_names_another_type_or_description),
        cmocka_unit_test(what_the_command_line_says_is_never_ignored),
        cmocka_unit_test(broken_descriptions_are_refused_or_read_but_never_end_the_program),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
