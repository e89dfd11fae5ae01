# Topics that the cluster has already are taken into the state, not created again.
import {
  for_each = local.topics
  to       = confluent_kafka_topic.topics[each.value]
  id       = "lkc-reconstructed/${each.value}"
}
