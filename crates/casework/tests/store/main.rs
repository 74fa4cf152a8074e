//! One suite of the store's promises, run on SQLite and on PostgreSQL.
//!
//! On SQLite each case is a test of its own. On PostgreSQL one test starts a cluster and runs all
//! cases in it, each in a database of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alerts;
mod audit;
mod bulletins;
mod concurrency;
mod database;
mod entries;
mod events;
mod institutions;
mod plans;
mod regions;
mod reporting;
mod schema;
mod submissions;
mod world;

macro_rules! store_suite {
    ($($module:ident { $($case:ident),+ $(,)? })+) => {
        mod sqlite {
            $(mod $module {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        let file = crate::database::SqliteFile::new();
                        crate::$module::$case(&file.url()).await;
                    }
                )+
            })+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn postgres() {
            let Some(cluster) = crate::database::Cluster::start() else { return };
            $($(
                let case = concat!(stringify!($module), "_", stringify!($case));
                eprintln!("postgres: {case}");
                let url = cluster.database(case).await;
                crate::$module::$case(&url).await;
            )+)+
        }
    };
}

store_suite! {
    schema {
        migrates_once_however_often_and_by_however_many,
        an_unmigrated_store_is_not_opened,
    }
    regions {
        dated_and_taken_twice_without_a_change,
        wrong_rows_come_back_with_reasons,
    }
    institutions {
        a_row_is_kept_as_it_is_read,
        wrong_cells_are_refused_with_every_reason,
        regions_of_ones_own_are_known_once_imported,
        attributes_are_dated_and_the_same_file_changes_nothing,
        times_that_overlap_are_refused,
        without_a_date_a_note_says_since_when,
        one_name_at_a_time,
        called_by_any_of_its_names,
        headers_are_compared,
        a_scope_sees_its_own,
    }
    submissions {
        versions_replace_each_other_and_the_past_can_be_read,
        the_same_bytes_are_one_submission,
        a_returned_one_never_makes_the_next_a_duplicate,
        nothing_happened_is_a_submission,
        a_patch_and_a_whole_file_of_the_same_bytes,
        a_quarter_takes_the_place_of_its_months,
        what_it_rests_on_must_still_hold,
        checks_and_explanations_follow,
        filters,
        a_scope_sees_its_own,
        what_does_not_fit_is_refused,
        a_write_that_fails_leaves_nothing,
        a_write_that_is_dropped_leaves_all_or_nothing,
    }
    reporting {
        every_month_of_every_institution_stands_somewhere,
        who_owes_by_class_and_level,
        the_region_owes_its_own,
        the_past_can_be_read,
    }
    alerts {
        open_once_and_grow,
        what_was_decided_stays_decided,
        corrected_data_withdraw,
        pass_through_hands,
        a_scope_sees_and_handles_its_own,
        settled_at_once_by_two_are_settled_once,
    }
    plans {
        nothing_entered_is_ever_lost,
        withdrawn_stays_with_its_reason,
        only_the_whole_region_reads_and_writes,
    }
    bulletins {
        from_draft_to_final_and_no_further,
        one_of_a_kind_and_period,
        of_two_at_once_one_is_told,
        only_the_whole_region_reads_and_writes,
    }
    entries {
        what_holds_is_dated_twice,
        of_two_at_once_one_is_told,
        a_whole_file_is_compared_before_it_is_taken,
        a_scope_sees_its_own_entries,
        random_changes_leave_what_a_painted_calendar_has,
    }
    audit {
        whatever_is_done_behind_the_programs_back_is_found,
        what_happened_before_the_chain_is_linked,
    }
    events {
        are_only_ever_added,
        are_seen_within_the_scope,
    }
    concurrency {
        none_lost_none_doubled,
        one_wins_and_the_others_are_told,
        the_same_bytes_at_once_are_one_submission,
    }
}
