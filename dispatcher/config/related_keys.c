#include "config/related_keys.h"

#include <string.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "base/file.h"
#include "config/checks.h"
#include "model/address.h"

/* ---- what follows from other keys ---- */

static void fill_paths(struct settings *s)
{
    if (s->control_socket == NULL && s->spool != NULL)
        s->control_socket = file_join(s->spool, "control.sock");
    for (size_t i = 0; i < s->transport_count; i++) {
        struct transport *t = &s->transports[i];
        struct buf name = {0};
        buf_printf(&name, "outbox/%s", t->name);
        if (t->type == TRANSPORT_OUTBOX && t->directory == NULL && s->spool != NULL)
            t->directory = file_join(s->spool, name.data);
        buf_free(&name);
    }
}

void related_keys_fill(struct settings *s)
{
    struct organisation *o = &s->organisation;
    if (o->domain == NULL && o->from_address != NULL)
        o->domain = xstrdup(address_domain(o->from_address));
    s->halt.set = true;
    fill_paths(s);
}

/* ---- what must fit together ---- */

struct check {
    struct load *l;
    struct settings *s;
    struct place file; /* where no key stands yet */
};

static struct place place_in(const struct check *c, const char *section, const char *name,
                             const char *key)
{
    struct buf full = {0};
    buf_printf(&full, "%s.%s.%s", section, name, key);
    struct place place = load_place_of(c->l, full.data, c->file);
    buf_free(&full);
    return place;
}

/* Does it stand there, rightly or not? What could not be read has been said already. */
static bool is_given(const struct check *c, const char *key)
{
    const struct setting *setting = load_find_setting(c->l, key);
    return setting != NULL && !setting->is_default;
}

static bool is_given_for(const struct check *c, const struct transport *t, const char *key)
{
    struct buf full = {0};
    buf_printf(&full, "transports.%s.%s", t->name, key);
    bool given = is_given(c, full.data);
    buf_free(&full);
    return given;
}

static void check_smtp(const struct check *c, const struct transport *t)
{
    const struct smtp_settings *smtp = &t->smtp;
    bool user = is_given_for(c, t, "user"), password = is_given_for(c, t, "password");
    if (user != password)
        load_problem(c->l, place_in(c, "transports", t->name, user ? "user" : "password"),
                     "transport `%s`: `user` and `password` belong together", t->name);
    if (smtp->tls == SMTP_TLS_NONE && smtp->user != NULL && smtp->host != NULL &&
        !host_is_loopback(smtp->host))
        load_problem(c->l, place_in(c, "transports", t->name, "tls"),
                     "transport `%s`: with `tls: none` the password would cross the network in the "
                     "clear",
                     t->name);
    if (smtp->port == 465)
        load_problem(c->l, place_in(c, "transports", t->name, "port"),
                     "transport `%s`: port 465 wants TLS from the first byte; use the port for "
                     "STARTTLS, mostly 587",
                     t->name);
}

static void check_warmup(const struct check *c, const struct transport *t)
{
    bool start = is_given_for(c, t, "warmup.start"), limits = is_given_for(c, t, "warmup.limits");
    if (start != limits)
        load_problem(
            c->l, place_in(c, "transports", t->name, start ? "warmup.start" : "warmup.limits"),
            "transport `%s`: `warmup.start` (the first day) and `warmup.limits` (how many on each "
            "day) belong together",
            t->name);
}

static void check_transports(const struct check *c)
{
    bool has_mail = false;
    for (size_t i = 0; i < c->s->transport_count; i++) {
        const struct transport *t = &c->s->transports[i];
        has_mail = has_mail || t->channel == CHANNEL_EMAIL;
        if (t->type == TRANSPORT_SMTP && t->channel == CHANNEL_EMAIL)
            check_smtp(c, t);
        check_warmup(c, t);
    }
    if (has_mail && !is_given(c, "organisation.from"))
        load_problem(c->l, c->file,
                     "`organisation.from` is missing: the address letters come from");
}

static void check_endpoint(const struct check *c, struct endpoint *e)
{
    struct error why = {0};
    if (e->url != NULL && url_is_http(e->url) && !e->allow_http)
        load_problem(
            c->l, place_in(c, "endpoints", e->name, "url"),
            "endpoint `%s`: use https, or say `allow_http: true` if everyone on the way may "
            "read along",
            e->name);
    if (e->secret != NULL && !c->l->without_secrets && check_signing_secret(&e->secret, &why) != 0)
        load_problem(c->l, place_in(c, "endpoints", e->name, "secret"), "endpoint `%s`: %s",
                     e->name, why.text);
}

static void check_socket(const struct check *c)
{
    const char *path = c->s->control_socket;
    const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
    if (path != NULL && strlen(path) >= room)
        load_problem(
            c->l, load_place_of(c->l, "control_socket", c->file),
            "`control_socket` is %zu bytes long and a socket's name has at most %zu; set a "
            "shorter one",
            strlen(path), room - 1);
}

void related_keys_check(struct load *l, struct place file, struct settings *s)
{
    const struct check check = {.l = l, .s = s, .file = file}, *c = &check;
    check_transports(c);
    for (size_t i = 0; i < c->s->endpoint_count; i++)
        check_endpoint(c, &c->s->endpoints[i]);
    check_socket(c);
}
