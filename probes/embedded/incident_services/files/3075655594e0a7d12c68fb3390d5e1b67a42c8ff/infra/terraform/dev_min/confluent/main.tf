# The provider takes CONFLUENT_CLOUD_API_KEY and CONFLUENT_CLOUD_API_SECRET from the environment.
provider "confluent" {}

locals {
  topics = toset(["fp.bus.traffic.v1", "fp.bus.control.v1", "fp.bus.audit.v1"])
}

resource "confluent_kafka_topic" "topics" {
  for_each         = local.topics
  topic_name       = each.value
  partitions_count = 6
}

output "topics" {
  value = { for name, topic in confluent_kafka_topic.topics : name => topic.partitions_count }
}
