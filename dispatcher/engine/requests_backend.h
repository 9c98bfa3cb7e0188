/* Requests, for those who answer them: what a handler gets, and how rows are written. */
#ifndef ENGINE_REQUESTS_BACKEND_H
#define ENGINE_REQUESTS_BACKEND_H

#include "base/id.h"
#include "engine/requests.h"
#include "policy/wave.h"

#define ROWS_MAX 1000 /* of one answer; what is longer is asked for page after page */

struct json_t;

/* What the pace of a campaign says now, kept for the rows of one answer. */
struct known_pace {
    char campaign[ID_MAX + 1];
    bool has_pace;
    struct pace_answer answer;
};

struct request {
    struct request_world *world;
    const struct json_t *root;
    struct buf *out;
    struct known_pace *known; /* of the last row */
};

/* ,"key":"value" */
void answer_put_text(struct buf *out, const char *key, const char *value);
/* The same without the line end a sentence from a pipe or a file has; value is not NULL. */
void answer_put_sentence(struct buf *out, const char *key, const char *value);
/* The same of a time as RFC 3339; null for 0. */
void answer_put_time(struct buf *out, const char *key, int64_t wall_ms);
/* True: by its pace nobody of this campaign (NULL: none) begins now; see struct pace_answer. */
bool request_find_pace(const struct request *r, const char *campaign, struct pace_answer *out);
/* ,"waiting":0,"in_flight":0, ... */
void answer_put_counts(struct buf *out, const int64_t counts[DELIVERY_STATES]);
/* ,"waits_for":"window","next_attempt_at":"..." of a batch or (0) of single notices: why nothing of
 * it is due, and until when; null if something is due, or nothing is left. */
MUST_CHECK int answer_put_waits(const struct request *r, int64_t batch, struct error *err);
/* Where the last step stopped, as its answer said ("after", "until", "group", "at"). */
struct step_place request_read_place(const struct request *r, size_t limit);
/* ,"more":..,"after":.. and so on: the same for the next one. */
void answer_put_place(struct buf *out, const struct step_place *place);
/* ,"left":{"refused":3}: those of the counts that are not 0, by name. */
void answer_put_left(struct buf *out, const char *const *names, const int64_t *counts,
                     size_t count);
/* counts[state] over all channels. */
void answer_sum_channels(int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                         int64_t out[DELIVERY_STATES]);
/* One row of `queue`, `show`. */
void answer_put_delivery(const struct request *r, const struct delivery_row *row);
/* A ledger_attempt_fn with a struct buf as context. */
void answer_put_attempt(void *context, const struct attempt_row *row);
/* {"v":1,"receipt":"confirmed", ...}. */
/* `late`: it came behind another end and changes nothing. */
void answer_put_receipt(struct buf *out, const struct receipt *receipt, int64_t delivery,
                        bool late);
/* ,"trial":true,"trial_configured":true,"live":null,"live_since":... */
struct live_switch;
void answer_put_live(const struct request *r, const struct live_switch *live);
/* ERR_DOWN unless a daemon answers that can record. */
MUST_CHECK int request_require_daemon(const struct request *r, const char *what, struct error *err);
/* The member `channel` of an object. ERR_USAGE. */
MUST_CHECK int request_read_channel(const struct json_t *object, enum channel_kind *out,
                                    struct error *err);
/* The member `selector` of a request; borrowed from it. ERR_USAGE. */
MUST_CHECK int request_read_selector(const struct request *r, struct selector *out,
                                     struct error *err);
/* The same for what changes something: all that is named exists, and something is. ERR_USAGE,
 * ERR_NOT_FOUND. `verb` is for the sentence. */
MUST_CHECK int request_read_selection(const struct request *r, const char *verb,
                                      struct selector *out, struct error *err);
/* Batch, campaign, template and language of a selector exist. ERR_NOT_FOUND says what does. */
MUST_CHECK int request_require_known(const struct request *r, const struct selector *s,
                                     struct error *err);
/* ,"by":[{"channel":"email","locale":"ko","count":3}, ...] */
void answer_put_shares(struct buf *out, const struct shares *by);
/* What is recorded of a change; `selector` is borrowed. */
struct action request_action(const struct request *r, const char *verb, const char *selector);

/* One batch without its texts, as it was when asked for. */
struct batch_facts {
    int64_t batch, total, finished_ms;
    enum batch_state state;
    enum batch_stop stop;
    bool go_on;
    struct buf text;        /* batch.json; empty once purged */
    struct buf stop_reason; /* empty while it goes */
    /* What keeps it, its own stop, its letter or its campaign; `stands_by` says which of "batch",
     * "letter" and "campaign", NULL: it goes. */
    enum batch_stop stands;
    struct buf stands_because;
    const char *stands_by;
    bool letter_stops;   /* its letter is not what was approved */
    struct buf campaign; /* empty: of none */
};
/* ERR_DENIED if somebody has approved letters of this campaign (NULL: none): no other letter goes
 * in its place. */
MUST_CHECK int request_check_letter_may_change(const struct request *r, const char *campaign,
                                               struct error *err);
/* ERR_DENIED in any case: who says go on without --go-on is told what else there is to do for what
 * is called `name`. */
MUST_CHECK int request_refuse_letter(const struct request *r, const char *campaign,
                                     const char *name, struct error *err);
/* ERR_NOT_FOUND. Clear with batch_facts_clear(), also after an error. */
MUST_CHECK int request_find_batch(const struct request *r, const char *id, struct batch_facts *out,
                                  struct error *err);
void batch_facts_clear(struct batch_facts *facts);
/* The letter of a batch goes as it is now, though another one was approved; by the daemon, which
 * has read it. */
MUST_CHECK int request_allow_letter(const struct request *r, const char *id,
                                    const struct action *action, struct error *err);
/* ERR_NOT_FOUND unless there is one of this name. */
MUST_CHECK int request_require_batch(const struct request *r, const char *id, struct error *err);
/* The member `campaign` of a request; borrowed from it. ERR_USAGE. */
MUST_CHECK int request_read_campaign(const struct request *r, const char **out, struct error *err);
/* "goes", "halted", "paused" */
const char *batch_stop_name(enum batch_stop stop);

/* ---- handlers; the table in requests.c names them ---- */

int request_show(const struct request *r, struct error *err);
int request_retry(const struct request *r, struct error *err);
int request_act(const struct request *r, struct error *err);
int request_batches(const struct request *r, struct error *err);
int request_progress(const struct request *r, struct error *err);
int request_stop(const struct request *r, struct error *err);
int request_go(const struct request *r, struct error *err);
int request_purge(const struct request *r, struct error *err);
int request_receive(const struct request *r, struct error *err);
int request_suppress(const struct request *r, struct error *err);
int request_unsuppress(const struct request *r, struct error *err);
int request_suppressions(const struct request *r, struct error *err);
int request_endpoints(const struct request *r, struct error *err);
int request_endpoint(const struct request *r, struct error *err);
int request_transport_pause(const struct request *r, struct error *err);
int request_transport_resume(const struct request *r, struct error *err);
int request_live(const struct request *r, struct error *err);
int request_set_live(const struct request *r, struct error *err);
int request_reload(const struct request *r, struct error *err);
int request_preview_reload(const struct request *r, struct error *err);
int request_log_level(const struct request *r, struct error *err);
int request_metrics(const struct request *r, struct error *err);
/* ERR_DENIED in a daemon: its loop walks no table of millions. */
MUST_CHECK int request_refuse_in_daemon(const struct request *r, struct error *err);
int request_evidence_rows(const struct request *r, struct error *err);
int request_evidence_batches(const struct request *r, struct error *err);
int request_evidence_actions(const struct request *r, struct error *err);
int request_evidence_campaign(const struct request *r, struct error *err);
int request_evidence_document(const struct request *r, struct error *err);
int request_evidence_taken(const struct request *r, struct error *err);
int request_evidence_read(const struct request *r, struct error *err);
int request_health(const struct request *r, struct error *err);
int request_failures(const struct request *r, struct error *err);
int request_shape(const struct request *r, struct error *err);
int request_events(const struct request *r, struct error *err);
int request_top(const struct request *r, struct error *err);
int request_corrupt(const struct request *r, struct error *err);
int request_release_corrupt(const struct request *r, struct error *err);
int request_keep(const struct request *r, struct error *err);
int request_approve(const struct request *r, struct error *err);
int request_disapprove(const struct request *r, struct error *err);
int request_approvals(const struct request *r, struct error *err);
int request_letter(const struct request *r, struct error *err);
int request_start(const struct request *r, struct error *err);
int request_campaigns(const struct request *r, struct error *err);
int request_campaign(const struct request *r, struct error *err);
/* Would a batch of `id` that names this "campaign" be refused at its intake? */
MUST_CHECK int request_judge_batch(const struct request *r, bool *out_refused, struct error *err);
int request_campaign_stop(const struct request *r, struct error *err);
int request_campaign_go(const struct request *r, struct error *err);
int request_campaign_pass(const struct request *r, struct error *err);
int request_campaign_cancel(const struct request *r, struct error *err);
int request_reference(const struct request *r, struct error *err);
int request_address(const struct request *r, struct error *err);
int request_report(const struct request *r, struct error *err);
int request_calls(const struct request *r, struct error *err);
int request_call_list(const struct request *r, struct error *err);
int request_people(const struct request *r, struct error *err);
int request_call(const struct request *r, struct error *err);
/* A ledger_call_fn with a struct buf as context. */
struct call;
void answer_put_call(void *context, const struct call *c);
/* The cohort of a batch of a campaign: what stands behind CAMPAIGN- in its id, or all of it. */
const char *report_cohort(const char *campaign, const char *batch);

#endif
