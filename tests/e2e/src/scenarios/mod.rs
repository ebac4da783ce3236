//! The scenarios, in the order they are played. Each name is a claim; most cite the rule of docs/protocol.md it is about.

mod blocked;
mod ending;
mod files;
mod first;
mod generic;
mod give_up;
mod large;
mod late;
mod life;
mod permission;
mod sharing;
mod sight;
mod update;
mod wall;
mod writes;

use crate::stage::{Outcome, Stage};
use std::time::Duration;

/// One claim about real windows.
pub struct Scenario {
    pub name: &'static str,
    /// When the watchdog gives up on it.
    pub limit: Duration,
    /// Played beside the others, because it mostly waits.
    pub aside: bool,
    pub play: fn(&Stage) -> Outcome,
}

const fn scenario(name: &'static str, play: fn(&Stage) -> Outcome) -> Scenario {
    Scenario { name, limit: Duration::from_secs(30), aside: false, play }
}

const fn aside(name: &'static str, play: fn(&Stage) -> Outcome) -> Scenario {
    Scenario { name, limit: Duration::from_secs(150), aside: true, play }
}

pub const ALL: &[Scenario] = &[
    scenario(
        "a_burst_while_two_windows_write_loses_nothing_and_costs_few_pulls_single_flight",
        writes::burst,
    ),
    scenario("the_last_of_many_plain_writes_is_what_every_window_shows", writes::overwrite),
    Scenario {
        limit: Duration::from_secs(300),
        ..scenario("two_windows_and_a_thread_of_rust_lose_no_increment", update::increments)
    },
    scenario("two_windows_that_change_different_fields_keep_every_change", update::fields),
    scenario("a_window_shows_its_own_write_when_it_is_done_without_a_pull", update::own_write),
    scenario("a_write_that_does_not_fit_changes_nothing_and_names_the_field", update::invalid),
    scenario("an_optimistic_write_shows_at_once_and_a_refused_one_disappears", update::optimistic),
    scenario("an_action_runs_in_rust_and_only_where_it_is_allowed", update::action),
    scenario("eight_windows_agree_after_two_hundred_updates_of_each_of_two_topics", writes::eight_windows),
    scenario("a_window_opened_in_a_burst_agrees", life::opened),
    scenario("a_page_reloaded_in_a_burst_agrees_and_has_one_session_one_session_a_page", life::reloaded),
    scenario("a_page_reloaded_while_it_loads_ends_with_one_session", life::reloaded_twice),
    scenario("a_window_closed_in_a_burst_leaves_no_session_and_disturbs_nobody_isolation", life::closed),
    scenario("a_page_that_leaves_and_comes_back_agrees_and_has_one_session", life::navigated),
    scenario("a_hidden_window_pulls_about_once_a_second_and_is_right_self_heal", sight::hidden),
    scenario("a_blocked_page_costs_one_signal_and_delays_nobody_one_unacked_signal", blocked::others_go_on),
    scenario("a_million_updates_while_a_page_is_blocked_take_no_memory", blocked::million),
    scenario("a_generic_client_on_the_plain_event_ends_right", generic::plain_event),
    scenario("a_page_finds_the_guest_on_the_global_object", generic::global_script),
    scenario("a_window_without_permission_is_forbidden_everything", permission::nobody),
    scenario("a_window_cannot_tell_a_topic_it_may_not_read_from_none_scope_at_every_read", permission::some),
    scenario("a_malformed_scope_entry_is_quoted_and_its_window_gets_nothing", permission::malformed),
    scenario("a_write_without_permission_is_refused_and_changes_nothing", permission::reader),
    Scenario {
        limit: Duration::from_secs(60),
        ..scenario("an_app_that_exits_restarts_or_loses_its_last_window_saves_first", ending::saves)
    },
    scenario("what_another_process_writes_to_a_shared_database_shows_in_a_window", sharing::windows),
    scenario("a_page_has_a_large_topic_before_its_first_script_also_after_a_reload", first::large),
    scenario("a_page_has_a_topic_of_an_earlier_life_before_its_first_script", first::stored),
    scenario("a_page_begins_with_what_fits_and_pulls_the_rest_bounded", first::over_the_cap),
    scenario("what_a_page_begins_with_is_data_whatever_is_in_it", first::hostile),
    scenario("a_page_begins_with_what_its_window_may_read_scope_at_every_read", first::permission),
    scenario("a_strict_csp_needs_no_other_line_for_first_paint_than_tauri_itself", first::behind_a_csp),
    scenario("a_topic_registered_late_arrives_by_itself", late::registered),
    scenario("a_page_whose_csp_blocks_ipc_is_warned_once_and_still_agrees", wall::walled),
    scenario("two_megabytes_arrive_whole_in_four_windows", large::two_megabytes),
    scenario("a_value_over_the_limit_parks_its_own_topic_only_park", large::over_the_limit),
    scenario("a_page_keeps_any_value_in_a_real_file_with_every_option", files::kept),
    scenario("a_damaged_file_is_reported_and_stays_until_the_next_save", files::torn),
    // Last: after a removal new topics begin with higher revisions.
    scenario("a_removed_topic_is_reported_and_comes_back_by_itself", update::removed),
    aside("a_page_that_hears_no_signal_is_given_up_and_comes_back_give_up", give_up::deaf),
];
