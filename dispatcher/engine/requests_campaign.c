/*
 * Campaigns before they go: words that are kept, approvals, the start.
 *
 *   keep       documents            letters, facts and the campaign's file, by their hash
 *   approve    campaign, role, manifest, roles, file, reason
 *   approvals  campaign, manifest, roles   who has agreed, whether it still is that, and (with
 *                                          roles) whether whoever asks may send it
 *   start      campaign, kind, template, file, manifest, roles, plan, reason
 *
 * What follows when it goes is in requests_campaigns.c, what takes an approval back in
 * requests_disapprove.c.
 */
#include "engine/requests_backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "engine/access.h"
#include "engine/approvals.h"
#include "engine/approved.h"
#include "ledger/campaigns.h"
#include "model/json.h"
#include "model/manifest.h"

#define ROLE_MAX 40

/* ---- keep ---- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static bool read_sum(const char *hex, unsigned char out[DIGEST_SIZE])
{
    bool good = strlen(hex) == DIGEST_HEX_SIZE - 1;
    for (size_t i = 0; good && i < DIGEST_SIZE; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        good = high >= 0 && low >= 0;
        out[i] = (unsigned char)(good ? high << 4 | low : 0);
    }
    return good;
}

static int keep_one(const struct request *r, const struct json_t *from, struct error *err)
{
    unsigned char sum[DIGEST_SIZE];
    const char *text = json_get_text(from, "text", NULL);
    struct document piece = {.sha256 = sum,
                             .kind = json_get_text(from, "part", "letter"),
                             .name = json_get_text(from, "name", ""),
                             .bytes = text,
                             .len = text != NULL ? strlen(text) : 0};
    int64_t start = json_get_int(from, "offset", 0);
    if (text == NULL || piece.name[0] == '\0' || start < 0 ||
        !read_sum(json_get_text(from, "sha256", ""), sum))
        return error_set(err, ERR_USAGE,
                         "each document has a name, the SHA-256 of all its bytes and a text");
    if (strcmp(piece.kind, manifest_part_name(MANIFEST_AUDIENCE)) == 0)
        return error_set(err, ERR_USAGE, "people are not copied into the ledger");
    return ledger_put_document(r->world->ledger, &piece, start, !json_get_bool(from, "more", false),
                               err);
}

int request_keep(const struct request *r, struct error *err)
{
    const struct json_t *documents = json_get(r->root, "documents");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_count(documents); i++)
        rc = keep_one(r, json_at(documents, i), err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"kept\":%zu}\n", json_count(documents));
    return rc;
}

/* ---- what is asked about ---- */

/* What most of these requests name. */
struct subject {
    const char *campaign;
    struct manifest manifest;
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
};

static bool has_part(const struct manifest *m, enum manifest_part part)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->entries[i].part == part)
            return true;
    }
    return false;
}

int request_read_campaign(const struct request *r, const char **out, struct error *err)
{
    *out = json_get_text(r->root, "campaign", "");
    return id_valid(*out, strlen(*out))
               ? 0
               : error_set(err, ERR_USAGE, "\"%.60s\" is no name of a campaign", *out);
}

/* Clear with manifest_free(), also after an error. */
static int read_subject(const struct request *r, struct subject *out, struct error *err)
{
    *out = (struct subject){0};
    int rc = request_read_campaign(r, &out->campaign, err);
    if (rc == 0)
        rc = manifest_read(json_get(r->root, "manifest"), &out->manifest, err);
    if (rc == 0 &&
        !(has_part(&out->manifest, MANIFEST_CAMPAIGN) && has_part(&out->manifest, MANIFEST_LETTER)))
        rc = error_set(err, ERR_USAGE, "the manifest names neither campaign nor letter");
    if (rc != 0)
        return rc;
    manifest_digest(&out->manifest, out->digest);
    digest_hex(out->digest, out->hex);
    return 0;
}

/* Of what the file wants by now; without `roles` nobody asks. */
static void put_sender(const struct request *r, const struct approvals *all)
{
    const struct json_t *roles = json_get(r->root, "roles");
    struct approvals_wanted wanted;
    if (!json_is_list(roles))
        return;
    approvals_want(r->world->settings, roles, &wanted);
    approvals_put_sender(all, &wanted, r->world->who, (r->world->allowed & REQUEST_OPERATE) != 0,
                         r->out);
    approvals_wanted_free(&wanted);
}

static int put_approvals(const struct request *r, const struct subject *s, struct error *err)
{
    struct approvals all;
    int rc = approvals_find(r->world->ledger, s->campaign, &s->manifest, &all, err);
    if (rc == 0) {
        buf_puts(r->out, "{\"v\":1,\"end\":true");
        answer_put_text(r->out, "campaign", s->campaign);
        answer_put_text(r->out, "digest", s->hex);
        approvals_put(&all, r->out);
        put_sender(r, &all);
        buf_puts(r->out, "}\n");
    }
    approvals_free(&all);
    return rc;
}

int request_approvals(const struct request *r, struct error *err)
{
    struct subject s;
    int rc = read_subject(r, &s, err);
    if (rc == 0)
        rc = put_approvals(r, &s, err);
    manifest_free(&s.manifest);
    return rc;
}

/* ---- a batch that names one ---- */

int request_judge_batch(const struct request *r, bool *out_refused, struct error *err)
{
    struct batch b = {.id = xstrdup(json_get_text(r->root, "id", ""))};
    const char *campaign = json_get_text(r->root, "campaign", NULL);
    b.campaign = campaign != NULL ? xstrdup(campaign) : NULL;
    b.has_letter = read_sum(json_get_text(r->root, "letter_sha256", ""), b.letter_sha256);
    int rc = approved_check_campaign(r->world->ledger, r->world->settings, &b, err);
    *out_refused = rc == ERR_INPUT;
    free(b.id);
    free(b.campaign);
    return *out_refused ? 0 : rc;
}

/* ---- approve ---- */

static int read_role(const struct request *r, const char **out, struct error *err)
{
    *out = json_get_text(r->root, "role", "");
    size_t len = strlen(*out);
    return len <= ROLE_MAX && id_valid(*out, len)
               ? 0
               : error_set(err, ERR_USAGE, "\"%.60s\" is no name of a role, like legal", *out);
}

/* A configuration that names roles says who may have them. */
static int check_role(const struct request *r, const char *name, struct error *err)
{
    const struct settings *s = r->world->settings;
    const struct campaign_role *role = access_find_role(s, name);
    struct buf names = {0};
    int rc = 0;
    for (size_t i = 0; i < s->role_count; i++)
        text_put_choice(&names, s->roles[i].name, i, s->role_count);
    if (s->role_count > 0 && role == NULL)
        rc = error_set(err, ERR_USAGE,
                       "there is no role \"%s\"; `campaigns.roles` of the configuration has %s",
                       name, buf_text(&names));
    else if (role != NULL && (r->world->peer == NULL || !access_has_role(role, r->world->peer)))
        rc = error_set(
            err, ERR_DENIED,
            "%s may not approve as %s: `campaigns.roles.%s` of the configuration says who "
            "may",
            r->world->who, name, name);
    buf_free(&names);
    return rc;
}

static int check_person(const struct request *r, const struct subject *s, const char *role,
                        struct error *err)
{
    struct approvals all;
    int rc = approvals_find(r->world->ledger, s->campaign, &s->manifest, &all, err);
    if (rc == 0)
        rc = approvals_check_person(&all, role, r->world->who, err);
    approvals_free(&all);
    return rc;
}

/* {"campaign":"...","role":"...","digest":"..."} */
static void put_selector(struct buf *out, const struct subject *s, const char *role)
{
    buf_puts(out, "{\"campaign\":");
    buf_put_json(out, s->campaign);
    if (role != NULL)
        answer_put_text(out, "role", role);
    answer_put_text(out, "digest", s->hex);
    buf_putc(out, '}');
}

static int record_approval(const struct request *r, const struct subject *s, const char *role,
                           struct error *err)
{
    struct buf selector = {0}, manifest = {0};
    put_selector(&selector, s, role);
    manifest_put(&s->manifest, &manifest);
    const struct action action = request_action(r, "approve", buf_text(&selector));
    const struct approval approval = {.campaign = s->campaign,
                                      .role = role,
                                      .who = r->world->who,
                                      .at_ms = r->world->now_ms,
                                      .digest = s->digest,
                                      .manifest = buf_text(&manifest),
                                      .file = json_get_text(r->root, "file", NULL)};
    int rc = ledger_put_approval(r->world->ledger, &approval, &action, err);
    buf_free(&selector);
    buf_free(&manifest);
    return rc;
}

int request_approve(const struct request *r, struct error *err)
{
    const char *role = NULL;
    struct subject s;
    int rc = read_subject(r, &s, err);
    if (rc == 0)
        rc = read_role(r, &role, err);
    if (rc == 0)
        rc = check_role(r, role, err);
    if (rc == 0)
        rc = check_person(r, &s, role, err);
    if (rc == 0)
        rc = record_approval(r, &s, role, err);
    if (rc == 0)
        rc = put_approvals(r, &s, err);
    manifest_free(&s.manifest);
    return rc;
}

/* ---- start ---- */

static int read_plan(const struct request *r, struct campaign_start *out, struct error *err)
{
    const struct json_t *plan = json_get(r->root, "plan");
    const struct json_t *cohorts = json_get(plan, "cohorts");
    const char *send_at = json_get_text(plan, "send_at", NULL);
    struct pace pace;
    int rc = pace_read(plan, &pace, err);
    for (size_t i = 0; i < json_count(cohorts); i++)
        out->people += json_get_int(json_at(cohorts, i), "people", 0);
    if (rc == 0 && json_count(cohorts) == 0)
        rc = error_set(err, ERR_USAGE, "the plan names no cohorts: there is nobody to send to");
    if (rc == 0 && send_at != NULL && !clock_parse_rfc3339(send_at, &out->send_at_ms))
        rc = error_set(err, ERR_USAGE, "send_at must be a time like 2026-11-23T09:00:00+01:00");
    return rc;
}

/* What is no list of names must not pass as "none are wanted". */
static int check_roles(const struct json_t *roles, struct error *err)
{
    bool good = json_is_list(roles);
    for (size_t i = 0; good && i < json_count(roles); i++)
        good = json_kind_of(json_at(roles, i)) == JSON_KIND_TEXT;
    return good ? 0
                : error_set(err, ERR_USAGE,
                            "roles must be a list of the roles whose approval the campaign wants; "
                            "[] if it wants none");
}

static int check_sending(const struct request *r, const struct subject *s, struct error *err)
{
    struct approvals all;
    struct approvals_wanted wanted;
    int rc = check_roles(json_get(r->root, "roles"), err);
    if (rc != 0)
        return rc;
    approvals_want(r->world->settings, json_get(r->root, "roles"), &wanted);
    rc = approvals_find(r->world->ledger, s->campaign, &s->manifest, &all, err);
    if (rc == 0)
        rc = approvals_check_sending(&all, &wanted, r->world->who, err);
    approvals_free(&all);
    approvals_wanted_free(&wanted);
    return rc;
}

static int start(const struct request *r, const struct subject *s, struct campaign_start *start,
                 struct error *err)
{
    struct buf plan = {0}, manifest = {0}, selector = {0};
    bool started = false;
    json_put(&plan, json_get(r->root, "plan"));
    manifest_put(&s->manifest, &manifest);
    put_selector(&selector, s, NULL);
    start->plan = buf_text(&plan);
    start->manifest = buf_text(&manifest);
    const struct action action = request_action(r, "send", buf_text(&selector));
    int rc = ledger_start_campaign(r->world->ledger, start, &action, &started, err);
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"started\":%s", started ? "true" : "false");
        answer_put_text(r->out, "digest", s->hex);
        buf_puts(r->out, "}\n");
    }
    buf_free(&plan);
    buf_free(&manifest);
    buf_free(&selector);
    return rc;
}

int request_start(const struct request *r, struct error *err)
{
    struct subject s;
    int rc = read_subject(r, &s, err);
    struct campaign_start campaign = {.id = s.campaign,
                                      .kind = json_get_text(r->root, "kind", ""),
                                      .template_name = json_get_text(r->root, "template", ""),
                                      .file = json_get_text(r->root, "file", ""),
                                      .digest = s.digest};
    if (rc == 0)
        rc = read_plan(r, &campaign, err);
    if (rc == 0)
        rc = check_sending(r, &s, err);
    if (rc == 0)
        rc = start(r, &s, &campaign, err);
    manifest_free(&s.manifest);
    return rc;
}
