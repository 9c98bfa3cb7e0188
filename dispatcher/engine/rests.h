/*
 * Why a delivery does not go now: from its row, and from what only the daemon knows, who rests. A
 * command that reads the ledger beside the daemon asks it once for all transports (request
 * `rests`), so that a row costs a look into a short list.
 */
#ifndef ENGINE_RESTS_H
#define ENGINE_RESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger/ledger.h"

struct json_t;

#define REST_WORD_SIZE   24
#define REST_REASON_SIZE 512
/* An operator paused the transport. */
#define REST_PAUSED "transport_paused"
/* `until_ms` of what ends when a person says so. */
#define REST_UNTIL_TOLD INT64_MAX

/* What keeps all that stands in the lanes of a transport. */
struct transport_rest {
    char word[REST_WORD_SIZE];     /* "transport_rest", "transport_rate", "warmup", REST_PAUSED,
                                      "daemon" */
    char reason[REST_REASON_SIZE]; /* what happened there, "" */
    int64_t until_ms;              /* 0: nobody knows; REST_UNTIL_TOLD */
};

/* As the daemon told it. Zeroed: nothing is known. */
struct rests {
    struct named_rest *at;
    size_t count;
};
void rests_free(struct rests *r);
/* {"transport":"mail","waits_for":"transport_rest","until":"...","reason":"..."} of an array. */
void rests_put(struct buf *out, const char *transport, const struct transport_rest *rest);
/* Reads such an array; what is no rest in it is left out. */
void rests_read(const struct json_t *array, struct rests *out);
/* False: nothing keeps it. */
bool rests_find(const struct rests *r, const char *transport, struct transport_rest *out);

/*
 * The word, NULL if it may go now or has come to its end:
 *   stopped                          its batch is halted or paused
 *   transport_rest … warmup          all of its transport waits, `rest` says until when
 *   transport_paused                 likewise, until an operator lets it go on
 *   window, rate, destination_rest   a gate sent it back, until its time
 *   letter                           the same, of one that is left out
 *   retry, not_before                its own time has not come
 *   daemon                           it is due, and none runs
 *   endpoint_disabled, operator      it goes on when a person says so
 * `rest` NULL: nothing keeps its transport, or nobody knows. *out_by_rest: `rest` is the reason.
 */
const char *rests_name_wait(const struct delivery_row *row, const struct transport_rest *rest,
                            int64_t now_ms, bool *out_by_rest);
/* Why the time of one is still to come: window, rate, destination_rest, letter, retry or
 * not_before. */
const char *rests_name_time(const char *cause, bool tried);

#endif
