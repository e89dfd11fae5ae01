"""Operations whose IAM action has another name than the operation, is more than one, or is none.

Source: Service Authorization Reference (each service's page and its *programmatic* form, which lists the actions that an API
operation authorizes); Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"; AWS STS API Reference.
"""

from __future__ import annotations

from collections.abc import Mapping

_S3_CONFIGURATIONS = {
    "bucket-accelerate-configuration": "AccelerateConfiguration",
    "bucket-analytics-configuration": "AnalyticsConfiguration",
    "bucket-encryption": "EncryptionConfiguration",
    "bucket-intelligent-tiering-configuration": "IntelligentTieringConfiguration",
    "bucket-inventory-configuration": "InventoryConfiguration",
    "bucket-lifecycle": "LifecycleConfiguration",
    "bucket-lifecycle-configuration": "LifecycleConfiguration",
    "bucket-metrics-configuration": "MetricsConfiguration",
    "bucket-notification-configuration": "BucketNotification",
    "bucket-replication": "ReplicationConfiguration",
    "object-lock-configuration": "BucketObjectLockConfiguration",
    "public-access-block": "BucketPublicAccessBlock",
}
_S3_DELETED_BY_PUT = {
    **{name: noun for name, noun in _S3_CONFIGURATIONS.items() if name != "bucket-lifecycle-configuration"},
    "bucket-cors": "BucketCORS",
    "bucket-ownership-controls": "BucketOwnershipControls",
    "bucket-tagging": "BucketTagging",
}
_S3_LISTS = {
    "list-bucket-analytics-configurations": "GetAnalyticsConfiguration",
    "list-bucket-intelligent-tiering-configurations": "GetIntelligentTieringConfiguration",
    "list-bucket-inventory-configurations": "GetInventoryConfiguration",
    "list-bucket-metrics-configurations": "GetMetricsConfiguration",
    "list-buckets": "ListAllMyBuckets",
    "list-multipart-uploads": "ListBucketMultipartUploads",
    "list-object-versions": "ListBucketVersions",
    "list-objects": "ListBucket",
    "list-objects-v2": "ListBucket",
    "list-parts": "ListMultipartUploadParts",
    "head-bucket": "ListBucket",
    "head-object": "GetObject",
    "select-object-content": "GetObject",
    "complete-multipart-upload": "PutObject",
    "create-multipart-upload": "PutObject",
    "upload-part": "PutObject",
    "delete-objects": "DeleteObject",
    "create-bucket-metadata-configuration": "CreateBucketMetadataTableConfiguration",
    "delete-bucket-metadata-configuration": "DeleteBucketMetadataTableConfiguration",
    "get-bucket-metadata-configuration": "GetBucketMetadataTableConfiguration",
}

ACTIONS: Mapping[str, tuple[str, ...]] = {
    **{f"s3api get-{name}": (f"s3:Get{noun}",) for name, noun in _S3_CONFIGURATIONS.items()},
    **{f"s3api put-{name}": (f"s3:Put{noun}",) for name, noun in _S3_CONFIGURATIONS.items()},
    **{f"s3api delete-{name}": (f"s3:Put{noun}",) for name, noun in _S3_DELETED_BY_PUT.items()},
    **{f"s3api {name}": (f"s3:{action}",) for name, action in _S3_LISTS.items()},
    "s3api get-object-attributes": ("s3:GetObject", "s3:GetObjectAttributes"),
    "s3api create-session": ("s3express:CreateSession",),
    "s3api list-directory-buckets": ("s3express:ListAllMyDirectoryBuckets",),
    "s3api write-get-object-response": ("s3-object-lambda:WriteGetObjectResponse",),
    "s3control get-public-access-block": ("s3:GetAccountPublicAccessBlock",),
    "s3control put-public-access-block": ("s3:PutAccountPublicAccessBlock",),
    "s3control delete-public-access-block": ("s3:PutAccountPublicAccessBlock",),
    "s3control delete-bucket-lifecycle-configuration": ("s3-outposts:PutLifecycleConfiguration",),
    "s3control get-bucket-lifecycle-configuration": ("s3-outposts:GetLifecycleConfiguration",),
    "s3control put-bucket-lifecycle-configuration": ("s3-outposts:PutLifecycleConfiguration",),
    "s3control delete-bucket-replication": ("s3-outposts:PutReplicationConfiguration",),
    "s3control get-bucket-replication": ("s3-outposts:GetReplicationConfiguration",),
    "s3control put-bucket-replication": ("s3-outposts:PutReplicationConfiguration",),
    "s3control delete-bucket-tagging": ("s3-outposts:PutBucketTagging",),
    "s3control get-bucket": ("s3-outposts:GetBucket",),
    "s3control list-regional-buckets": ("s3-outposts:ListRegionalBuckets",),
    "lambda invoke": ("lambda:InvokeFunction",),
    "lambda invoke-with-response-stream": ("lambda:InvokeFunction",),
    "lambda get-layer-version-by-arn": ("lambda:GetLayerVersion",),
    "kms re-encrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "dynamodb transact-get-items": ("dynamodb:GetItem",),
    "bedrock-runtime converse": ("bedrock:InvokeModel",),
    "bedrock-runtime converse-stream": ("bedrock:InvokeModelWithResponseStream",),
    "bedrock-runtime start-async-invoke": ("bedrock:InvokeModel",),
    "bedrock-runtime invoke-model-with-bidirectional-stream": ("bedrock:InvokeModel",),
    "bedrock-agent-runtime retrieve-and-generate-stream": ("bedrock:RetrieveAndGenerate",),
    "sns publish-batch": ("sns:Publish",),
    "sqs send-message-batch": ("sqs:SendMessage",),
    "sqs delete-message-batch": ("sqs:DeleteMessage",),
    "sqs change-message-visibility-batch": ("sqs:ChangeMessageVisibility",),
    "accessanalyzer get-finding-v2": ("access-analyzer:GetFinding",),
    "accessanalyzer list-findings-v2": ("access-analyzer:ListFindings",),
    "cloudfront create-distribution-with-tags": ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
    "timestream-query query": ("timestream:Select",),
    "verifiedpermissions batch-get-policy": ("verifiedpermissions:GetPolicy",),
    "verifiedpermissions batch-is-authorized": ("verifiedpermissions:IsAuthorized",),
    "verifiedpermissions batch-is-authorized-with-token": ("verifiedpermissions:IsAuthorizedWithToken",),
    "vpc-lattice batch-update-rule": ("vpc-lattice:UpdateRule",),
    **{
        f"dms describe-{name}": (f"dms:List{action}",)
        for name, action in (
            ("data-providers", "DataProviders"),
            ("instance-profiles", "InstanceProfiles"),
            ("migration-projects", "MigrationProjects"),
            ("extension-pack-associations", "ExtensionPacks"),
            ("metadata-model-assessments", "MetadataModelAssessments"),
            ("metadata-model-conversions", "MetadataModelConversions"),
            ("metadata-model-exports-as-script", "MetadataModelExports"),
            ("metadata-model-exports-to-target", "MetadataModelExports"),
        )
    },
    "dms modify-data-provider": ("dms:UpdateDataProvider",),
    "dms modify-instance-profile": ("dms:UpdateInstanceProfile",),
    "dms modify-migration-project": ("dms:UpdateMigrationProject",),
    "dms modify-conversion-configuration": ("dms:UpdateConversionConfiguration",),
    "dms start-extension-pack-association": ("dms:AssociateExtensionPack",),
    "dms start-metadata-model-export-as-script": ("dms:StartMetadataModelExportAsScripts",),
    "quicksight describe-analysis-definition": ("quicksight:DescribeAnalysis",),
    "quicksight describe-dashboard-definition": ("quicksight:DescribeDashboard",),
    "quicksight describe-template-definition": ("quicksight:DescribeTemplate",),
    "redshift-data get-statement-result-v2": ("redshift-data:GetStatementResult",),
    "marketplace-catalog batch-describe-entities": ("aws-marketplace:DescribeEntity",),
    "logs tail": ("logs:FilterLogEvents",),
    "apigatewaymanagementapi post-to-connection": ("execute-api:ManageConnections",),
    "apigatewaymanagementapi get-connection": ("execute-api:ManageConnections",),
    "apigatewaymanagementapi delete-connection": ("execute-api:ManageConnections",),
    **{
        f"budgets {verb}": ("budgets:ViewBudget",)
        for verb in (
            "describe-budget",
            "describe-budgets",
            "describe-budget-notifications-for-account",
            "describe-budget-performance-history",
            "describe-notifications-for-budget",
            "describe-subscribers-for-notification",
        )
    },
    **{
        f"budgets {verb}-{noun}": ("budgets:ModifyBudget",)
        for verb in ("create", "delete", "update")
        for noun in ("budget", "notification", "subscriber")
    },
    **{
        f"keyspaces {verb}-{noun}": (f"cassandra:{action}",)
        for verb, action in (("create", "Create"), ("get", "Select"), ("update", "Alter"), ("delete", "Drop"))
        for noun in ("keyspace", "table")
    },
    "keyspaces list-keyspaces": ("cassandra:Select",),
    "keyspaces list-tables": ("cassandra:Select",),
    "keyspaces list-tags-for-resource": ("cassandra:Select",),
    "keyspaces get-table-auto-scaling-settings": ("cassandra:Select",),
    "keyspaces restore-table": ("cassandra:Restore",),
    "emr create-default-roles": (
        "iam:CreateRole",
        "iam:AttachRolePolicy",
        "iam:CreateInstanceProfile",
        "iam:AddRoleToInstanceProfile",
        "iam:GetRole",
    ),
    "emr add-steps": ("elasticmapreduce:AddJobFlowSteps",),
    "emr create-cluster": ("elasticmapreduce:RunJobFlow",),
    "emr terminate-clusters": ("elasticmapreduce:TerminateJobFlows",),
    "rds add-option-to-option-group": ("rds:ModifyOptionGroup",),
    "rds remove-option-from-option-group": ("rds:ModifyOptionGroup",),
    "eks update-kubeconfig": ("eks:DescribeCluster",),
    "ssm start-session": ("ssm:StartSession",),
    "configservice get-status": (
        "config:DescribeConfigurationRecorderStatus",
        "config:DescribeDeliveryChannelStatus",
    ),
    "deploy register": ("codedeploy:RegisterOnPremisesInstance", "codedeploy:AddTagsToOnPremisesInstances"),
    "deploy deregister": ("codedeploy:DeregisterOnPremisesInstance", "codedeploy:RemoveTagsFromOnPremisesInstances"),
    "servicecatalog generate": ("servicecatalog:CreateProduct",),
}
"""IAM actions by command, where the action is not named like the operation."""

_WITHOUT_SERVICE = frozenset({"", "configure", "help", "history", "login", "logout", "alias", "cli-dev"})
_LOCAL = frozenset(
    {"sts get-caller-identity", "sts get-session-token", "s3 presign", "eks get-token", "rds generate-db-auth-token"}
    | {"sso login", "sso logout", "sso get-role-credentials", "sso list-account-roles", "sso list-accounts"}
    | {"sso-oidc create-token", "sso-oidc register-client", "sso-oidc start-device-authorization", "cloudfront sign"}
    | {"codecommit credential-helper", "dsql generate-db-connect-auth-token"}
    | {"dsql generate-db-connect-admin-auth-token", "redshift-serverless generate-db-auth-token"}
)
_BY_TOKEN = frozenset({"codecatalyst", "connectparticipant", "sso"})


def needs_nothing(service: str, operation: str) -> bool:
    """Return whether a command needs no permission of the session.

    It calls nothing, it only signs, a token of its own authorizes it, or AWS always allows it (``sts get-caller-identity``).
    """
    return (
        service in _WITHOUT_SERVICE or operation == "help" or service in _BY_TOKEN or f"{service} {operation}" in _LOCAL
    )
