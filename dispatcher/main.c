/* The command table, chapter by chapter as `dispatcher help` shows it; everything else is below. */
#include "api/api.h"
#include "base/attributes.h"
#include "cli/command_list.h"
#include "desk/command_list.h"
#include "letters/command_list.h"
#include "operator/command_list.h"

static int run_api(const struct invocation *inv, struct error *err)
{
    return api_run(invocation_config(inv), err);
}

/* Here because the rooms of commands and api/ do not know each other. */
static const struct command command_api = {
    .name = "api",
    .arguments = "",
    .summary = "the HTTP server for reports of gateways, health and metrics; `run` starts it",
    .example = "  dispatcher api -c /etc/dispatcher/dispatcher.yaml\n",
    .details =
        "Listens where api.listen says, and tells the daemon what it hears. `run` starts and\n"
        "watches it, so nobody needs to; by hand it serves a daemon that runs elsewhere on this\n"
        "machine. A socket that systemd hands over (LISTEN_FDS) is taken instead.\n"
        "\n"
        "  /reports/TRANSPORT/TOKEN  where gateways report what became of a message\n"
        "  /healthz                  this process is alive\n"
        "  /readyz                   200 when work may be sent here, else 503; says why\n"
        "  /metrics                  for Prometheus\n"
        "\n"
        "It speaks HTTP without TLS: outside this machine a proxy belongs before it.",
    .no_json = "nothing, and logs",
    .run = run_api,
};

static const struct command *const letters[] = {
    &command_new,
    &command_preview,
    &command_check,
    &command_test_send,
    &command_golden_write,
    &command_render,
    &command_sms_length,
    &command_translate_export,
    &command_translate_import,
    &command_translate_status,
    &command_facts_check,
    &command_facts_diff,
    &command_facts_show,
    &command_facts_terms,
};

static const struct command *const campaigns[] = {
    &command_campaign_new,
    &command_campaign_report,
    &command_campaign_people,
    &command_campaign_next,
    &command_call_list,
    &command_call_import,
    &command_campaign_approve,
    &command_campaign_disapprove,
    &command_send,
    &command_campaign_list,
    &command_campaign_show,
    &command_campaign_pause,
    &command_campaign_resume,
    &command_campaign_go_on,
    &command_campaign_cancel,
    &command_batches,
    &command_watch,
    &command_pause,
    &command_resume,
    &command_evidence_verify, /* before the one that is the beginning of its name */
    &command_evidence_forget,
    &command_evidence,
};

static const struct command *const systems[] = {
    &command_enqueue,
    &command_status,
    &command_route_explain,
    &command_schema,
};

static const struct command *const engine_room[] = {
    &command_run,
    &command_api,
    &command_ready,
    &command_reload,
    &command_live_on,
    &command_live_off,
    &command_log_level,
    &command_transport_pause,
    &command_transport_resume,
    &command_queue,
    &command_failures,
    &command_shape,
    &command_why,
    &command_tail,
    &command_top,
    &command_corrupt_list,
    &command_corrupt_explain,
    &command_corrupt_release,
    &command_show,
    &command_retry,
    &command_hold,
    &command_release,
    &command_expire,
    &command_cancel,
    &command_mark_delivered,
    &command_reconcile,
    &command_actions,
    &command_purge,
    &command_bounce,
    &command_suppress_list,
    &command_suppress_add,
    &command_suppress_remove,
    &command_suppress_import,
    &command_suppress_export,
    &command_suppress_check,
};

static const struct command *const setup[] = {
    &command_config_show,
    &command_config_diff,
    &command_transport_list,
    &command_transport_test,
    &command_gateway_list,
    &command_gateway_explain,
    &command_gateway_test,
    &command_gateway_estimate,
    &command_gateway_url,
    &command_endpoint_list,
    &command_endpoint_show,
    &command_endpoint_test,
    &command_endpoint_enable,
    &command_endpoint_disable,
    &command_endpoint_secret,
    &command_dkim,
    &command_version,
    &command_completion,
    &command_complete,
    &command_manual,
    &command_help,
};

#define CHAPTER(name, list)                                                                        \
    {                                                                                              \
        name, list, COUNT_OF(list)                                                                 \
    }

static const struct chapter chapters[] = {
    CHAPTER("Letters", letters),
    CHAPTER("Campaigns", campaigns),
    CHAPTER("Systems that hand over notices", systems),
    CHAPTER("Engine room", engine_room),
    CHAPTER("Setting up", setup),
};

int main(int argc, char **argv)
{
    return command_main(chapters, COUNT_OF(chapters), argc, argv);
}
