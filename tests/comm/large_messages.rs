//! All of the communicator once more with messages of more elements than an MPI count can hold: the
//! limit is lowered to three, so that such messages are short.

use partita::{Communicator, Result};
use partita_testing::spmd_test;

use crate::{
    agreement, buffers, collectives, groups, messages, reductions, requests, scans,
    started_collectives, tags, user_operations, variable_parts,
};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn collectives_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    collectives::a_broadcast_copies_the_roots_buffer_to_every_rank(world)?;
    collectives::equal_parts_are_gathered_in_rank_order(world)?;
    collectives::a_scatter_hands_each_rank_its_equal_part(world)?;
    collectives::all_to_all_transposes_the_parts(world)?;
    collectives::an_object_of_the_root_reaches_every_rank(world)?;
    collectives::a_root_without_data_is_the_same_usage_error_on_every_rank(world)?;
    reductions::every_operation_reduces_every_type_it_is_defined_for(world)?;
    agreement::the_lowest_failing_ranks_error_becomes_everyones(world)?;
    agreement::a_failure_of_long_text_is_told_in_full(world)?;
    groups::a_split_groups_the_ranks_by_colour_and_orders_them_by_key(world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn parts_of_any_length_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    variable_parts::parts_of_any_length_are_gathered_in_rank_order(world)?;
    variable_parts::scatterv_hands_each_rank_its_part_of_any_length(world)?;
    variable_parts::all_to_allv_transposes_parts_of_any_length(world)?;
    variable_parts::a_wrong_number_of_parts_on_one_rank_is_the_same_error_on_every_rank(world)
}

#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn messages_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    messages::messages_go_around_a_ring(world)?;
    messages::messages_between_two_ranks_arrive_in_their_order(world)?;
    messages::a_message_longer_than_the_buffer_is_mpis_truncation_error(world)?;
    messages::a_message_shorter_than_the_buffer_is_a_shape_error(world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn reductions_of_all_kinds_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    scans::a_reduction_to_the_root_is_told_nobody_else(world)?;
    scans::reduced_parts_of_any_length_go_to_their_ranks(world)?;
    scans::scans_reduce_the_ranks_up_to_or_before_this_one(world)?;
    user_operations::an_operation_that_is_not_commutative_is_applied_in_rank_order(world)?;
    user_operations::the_lowest_rank_with_the_extreme_value_is_told(world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn tags_and_views_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    tags::a_message_of_any_length_is_received_as_a_vector(world)?;
    tags::ranks_exchange_messages_without_taking_turns(world)?;
    tags::a_probe_tells_of_a_message_and_leaves_it_there(world)?;
    buffers::a_view_of_any_strides_is_received_in_the_order_of_its_indices(world)?;
    buffers::collectives_take_views_of_any_strides(world)?;
    requests::scoped_messages_go_around_a_ring(world)?;
    requests::owning_requests_give_their_buffers_back(world)?;
    requests::a_persistent_message_is_sent_again_and_again(world)?;
    started_collectives::reductions_with_a_result_of_each_rank_s_own_are_the_blocking_ones(world)?;
    started_collectives::collectives_under_way_at_once_give_what_blocking_ones_give(world)
}

/// Limits of one and two elements reach every remainder; the ordinary one is far away.
#[spmd_test(ranks = [3], environment = [("PARTITA_COUNT_LIMIT", "1")])]
fn a_count_of_one_element_is_enough(world: &Communicator) -> Result<()> {
    collectives::equal_parts_are_gathered_in_rank_order(world)?;
    variable_parts::all_to_allv_transposes_parts_of_any_length(world)
}
