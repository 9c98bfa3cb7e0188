/* Every command there is; main.c puts them in their order. */
#ifndef OPERATOR_COMMAND_LIST_H
#define OPERATOR_COMMAND_LIST_H

#include "operator/command.h"

extern const struct command command_run;
extern const struct command command_evidence;
extern const struct command command_evidence_verify;
extern const struct command command_evidence_forget;
extern const struct command command_enqueue;
extern const struct command command_queue;
extern const struct command command_failures;
extern const struct command command_shape;
extern const struct command command_why;
extern const struct command command_tail;
extern const struct command command_corrupt_list;
extern const struct command command_corrupt_explain;
extern const struct command command_corrupt_release;
extern const struct command command_show;
extern const struct command command_retry;
extern const struct command command_status;
extern const struct command command_reconcile;
extern const struct command command_actions;
extern const struct command command_batches;
extern const struct command command_watch;
extern const struct command command_pause;
extern const struct command command_resume;
extern const struct command command_purge;
extern const struct command command_bounce;
extern const struct command command_suppress_list;
extern const struct command command_suppress_add;
extern const struct command command_suppress_remove;
extern const struct command command_suppress_import;
extern const struct command command_suppress_export;
extern const struct command command_suppress_check;
extern const struct command command_check;
extern const struct command command_dkim;
extern const struct command command_facts_check;
extern const struct command command_facts_diff;
extern const struct command command_facts_show;
extern const struct command command_facts_terms;
extern const struct command command_route_explain;
extern const struct command command_preview;
extern const struct command command_golden_write;
extern const struct command command_gateway_list;
extern const struct command command_gateway_explain;
extern const struct command command_gateway_test;
extern const struct command command_gateway_estimate;
extern const struct command command_gateway_url;
extern const struct command command_transport_list;
extern const struct command command_transport_pause;
extern const struct command command_transport_resume;
extern const struct command command_live_on;
extern const struct command command_live_off;
extern const struct command command_reload;
extern const struct command command_ready;
extern const struct command command_log_level;
extern const struct command command_transport_test;
extern const struct command command_endpoint_list;
extern const struct command command_endpoint_show;
extern const struct command command_endpoint_test;
extern const struct command command_endpoint_enable;
extern const struct command command_endpoint_disable;
extern const struct command command_endpoint_secret;
extern const struct command command_new;
extern const struct command command_render;
extern const struct command command_sms_length;
extern const struct command command_campaign_new;
extern const struct command command_campaign_approve;
extern const struct command command_campaign_list;
extern const struct command command_campaign_show;
extern const struct command command_campaign_pause;
extern const struct command command_campaign_resume;
extern const struct command command_campaign_go_on;
extern const struct command command_campaign_cancel;
extern const struct command command_send;
extern const struct command command_test_send;
extern const struct command command_translate_export;
extern const struct command command_translate_import;
extern const struct command command_translate_status;
extern const struct command command_config_show;
extern const struct command command_version;
extern const struct command command_help;
extern const struct command command_completion;
extern const struct command command_complete;

#endif
