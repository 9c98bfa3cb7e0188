#include "letters/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/text.h"
#include "engine/composing.h"
#include "engine/setup.h"
#include "letters/words_kept.h"

/* A library with its renderer. */
struct press {
    struct library *library; /* of the setup, or owned */
    struct renderer *renderer;
};

struct words_maker {
    struct session *session;
    struct setup *setup;
    struct press today;
    char *campaign; /* whose documents were fetched */
    struct kept_letters *documents;
    struct press kept;
};

const char *words_verdict_name(enum words_verdict verdict)
{
    static const char *const names[] = {[WORDS_SENT] = "sent",
                                        [WORDS_DIFFER] = "differ",
                                        [WORDS_NOT_SENT] = "not_sent",
                                        [WORDS_GONE] = "gone",
                                        [WORDS_UNMADE] = "unmade"};
    return names[verdict];
}

void words_clear(struct words *w)
{
    message_free(&w->message);
    buf_free(&w->wire);
    *w = (struct words){0};
}

/* Whoever may not read the secrets sees unsigned mails: the sum says that they are others. */
static int load_setup(const struct invocation *inv, struct setup **out, struct error *err)
{
    struct error ignored;
    struct config_options options = *invocation_config(inv);
    options.without_secrets = false;
    int rc = setup_load(&options, 1, out, &ignored);
    if (rc == 0 && setup_take_key(*out, &ignored) == 0)
        return 0;
    setup_release(rc == 0 ? *out : NULL);
    options.without_secrets = true;
    rc = setup_load(&options, 1, out, err);
    if (rc == 0 && setup_take_key(*out, &ignored) != 0)
        memset((*out)->settings->token_key, 0, sizeof((*out)->settings->token_key));
    return rc;
}

int words_open(const struct invocation *inv, struct session *s, struct words_maker **out,
               struct error *err)
{
    struct words_maker *m = xcalloc(1, sizeof(*m));
    m->session = s;
    int rc = load_setup(inv, &m->setup, err);
    if (rc == 0) {
        m->today.library = m->setup->library;
        rc = renderer_open(m->today.library, &m->today.renderer, err);
    }
    if (rc != 0) {
        words_close(m);
        m = NULL;
    }
    *out = m;
    return rc;
}

static void close_kept(struct words_maker *m)
{
    renderer_close(m->kept.renderer);
    library_free(m->kept.library);
    kept_letters_free(m->documents);
    free(m->campaign);
    m->kept = (struct press){0};
    m->documents = NULL;
    m->campaign = NULL;
}

void words_close(struct words_maker *m)
{
    if (m == NULL)
        return;
    close_kept(m);
    renderer_close(m->today.renderer);
    setup_release(m->setup);
    free(m);
}

/* ---- making ---- */

static int make(const struct words_maker *m, const struct press *press,
                const struct words_delivery *d, struct job *job, struct words *out,
                struct error *err)
{
    const struct transport *t = settings_find_transport(m->setup->settings, d->transport);
    const struct composing composing = {m->setup->settings, press->library, press->renderer, t};
    const struct packet_item item = {.delivery = d->delivery,
                                     .attempt = d->attempt,
                                     .accepted_ms = d->accepted_ms,
                                     .address = d->address,
                                     .template_name = d->template_name,
                                     .locale = d->locale,
                                     .job = job};
    struct outgoing outgoing = {0};
    unsigned char digest[DIGEST_SIZE];
    if (t == NULL)
        return error_set(err, ERR_NOT_FOUND, "the transport \"%s\" is not configured any more",
                         d->transport);
    int rc = composing_render(&composing, &item, &out->message, err);
    if (rc == 0)
        rc = composing_compose(&composing, &item, &out->message, &outgoing, err);
    if (rc == 0) {
        digest_sha256(buf_text(&outgoing.wire), outgoing.wire.len, digest);
        digest_hex(digest, out->sha256);
        buf_put(&out->wire, buf_text(&outgoing.wire), outgoing.wire.len);
    }
    buf_free(&outgoing.wire);
    return rc;
}

static void judge(const struct words_delivery *d, int rc, struct words *w)
{
    if (rc != 0)
        w->verdict = WORDS_UNMADE;
    else if (d->sha256 == NULL)
        w->verdict = WORDS_NOT_SENT;
    else
        w->verdict = strcmp(d->sha256, w->sha256) == 0 ? WORDS_SENT : WORDS_DIFFER;
}

static void make_today(const struct words_maker *m, const struct words_delivery *d, struct job *job,
                       struct words *out)
{
    judge(d, make(m, &m->today, d, job, out, &out->why), out);
}

/* Of the files that were approved and sent: once for all deliveries of a campaign. */
static bool open_kept(struct words_maker *m, const char *campaign)
{
    struct error ignored;
    if (text_equal(m->campaign, campaign))
        return m->kept.renderer != NULL;
    close_kept(m);
    m->campaign = xstrdup(campaign);
    int rc = kept_letters_fetch(m->session, campaign, &m->documents, &ignored);
    if (rc == 0)
        rc = kept_letters_load(m->documents, m->setup->settings, &m->kept.library, &ignored);
    if (rc == 0)
        rc = renderer_open(m->kept.library, &m->kept.renderer, &ignored);
    return rc == 0 && m->kept.renderer != NULL;
}

static void make_of_kept(struct words_maker *m, const struct words_delivery *d, struct job *job,
                         struct words *out)
{
    struct words other = {.kept = true};
    if (d->campaign == NULL || !open_kept(m, d->campaign))
        return;
    judge(d, make(m, &m->kept, d, job, &other, &other.why), &other);
    if (other.verdict == WORDS_SENT) {
        words_clear(out);
        *out = other;
    } else {
        words_clear(&other);
    }
}

void words_make(struct words_maker *m, const struct words_delivery *d, const struct buf *job,
                struct words *out)
{
    struct job *parsed = NULL;
    *out = (struct words){.verdict = WORDS_GONE};
    if (job == NULL || job->len == 0)
        return;
    if (job_parse(job->data, job->len, "notice", 1, &parsed, &out->why) != 0) {
        out->verdict = WORDS_UNMADE;
        return;
    }
    make_today(m, d, parsed, out);
    if (out->verdict == WORDS_DIFFER || (out->verdict == WORDS_UNMADE && d->sha256 != NULL))
        make_of_kept(m, d, parsed, out);
    job_free(parsed);
}
