"""Each command of the AWS CLI needs the actions on the resources that AWS's service authorization reference gives it.

The expected lines were written from the reference and the services' guides, not from what the code answers.
"""

# ruff: noqa: E501 - a command and what it needs stand in one line

from __future__ import annotations

import json
import shlex

import pytest

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import RepositoryFile
from diagnosis.steps.aws_cli import operations_of_aws
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.repository_files import Files

P = "arn:{partition}"
HOME = "{region}:{account}"


def read(
    command: str, values: dict[str, str] | None = None, files: tuple[RepositoryFile, ...] = ()
) -> tuple[Operation, ...]:
    return operations_of_aws(tuple(shlex.split(command)), values or {}, files)


def calls(command: str, values: dict[str, str] | None = None, files: tuple[RepositoryFile, ...] = ()) -> list[str]:
    """Return ``Action resource`` of every call, ``-`` for an unknown resource."""
    return [
        f"{each.action} {each.resource or '-'}"
        for each in read(command, values, files)
        if each.purpose is Purpose.SERVICE
    ]


TABLE = """
aws s3 ls | s3:ListAllMyBuckets *
aws s3 ls s3://b/releases/ | s3:ListBucket P:s3:::b
aws s3 cp dist/app.zip s3://b/releases/app.zip | s3:PutObject P:s3:::b/releases/app.zip
aws s3 cp dist/app.zip s3://b/releases/ | s3:PutObject P:s3:::b/releases/app.zip
aws s3 cp dist/app.zip s3://b | s3:PutObject P:s3:::b/app.zip
aws s3 cp - s3://b/k.txt | s3:PutObject P:s3:::b/k.txt
aws s3 cp dist s3://b/site --recursive | s3:PutObject P:s3:::b/site/*
aws s3 cp --recursive --acl public-read dist s3://b | s3:PutObject P:s3:::b/*; s3:PutObjectAcl P:s3:::b/*
aws s3 cp s3://b/conf/prod.env .env | s3:GetObject P:s3:::b/conf/prod.env
aws s3 cp s3://b/conf . --recursive | s3:ListBucket P:s3:::b; s3:GetObject P:s3:::b/conf/*
aws s3 cp s3://a/x s3://b/y | s3:GetObject P:s3:::a/x; s3:PutObject P:s3:::b/y
aws s3 cp a.txt s3://b/a.txt --sse aws:kms --sse-kms-key-id 1234abcd-12ab-34cd-56ef-1234567890ab | s3:PutObject P:s3:::b/a.txt; kms:GenerateDataKey P:kms:HOME:key/1234abcd-12ab-34cd-56ef-1234567890ab
aws s3 cp a.txt s3://b/a.txt --sse aws:kms --sse-kms-key-id alias/k | s3:PutObject P:s3:::b/a.txt; kms:GenerateDataKey -
aws s3 mv a.txt s3://b/a.txt | s3:PutObject P:s3:::b/a.txt
aws s3 mv s3://a/x s3://b/y | s3:GetObject P:s3:::a/x; s3:PutObject P:s3:::b/y; s3:DeleteObject P:s3:::a/x
aws s3 mv s3://a/x . | s3:GetObject P:s3:::a/x; s3:DeleteObject P:s3:::a/x
aws s3 sync dist s3://b | s3:ListBucket P:s3:::b; s3:PutObject P:s3:::b/*
aws s3 sync dist/ s3://b/site/ --delete --cache-control max-age=60 | s3:ListBucket P:s3:::b; s3:PutObject P:s3:::b/site/*; s3:DeleteObject P:s3:::b/site/*
aws s3 sync s3://b/site . --delete | s3:ListBucket P:s3:::b; s3:GetObject P:s3:::b/site/*
aws s3 sync s3://a s3://b | s3:ListBucket P:s3:::a; s3:GetObject P:s3:::a/*; s3:ListBucket P:s3:::b; s3:PutObject P:s3:::b/*
aws s3 sync . s3://b --exclude '*' --include '*.js' --dryrun | s3:ListBucket P:s3:::b
aws s3 rm s3://b/old.zip | s3:DeleteObject P:s3:::b/old.zip
aws s3 rm s3://b/old --recursive | s3:ListBucket P:s3:::b; s3:DeleteObject P:s3:::b/old/*
aws s3 mb s3://new-bucket | s3:CreateBucket P:s3:::new-bucket
aws s3 rb s3://old-bucket | s3:DeleteBucket P:s3:::old-bucket
aws s3 rb s3://old-bucket --force | s3:ListBucket P:s3:::old-bucket; s3:DeleteObject P:s3:::old-bucket/*; s3:DeleteBucket P:s3:::old-bucket
aws s3 website s3://b --index-document index.html | s3:PutBucketWebsite P:s3:::b
aws s3 presign s3://b/k |
aws s3api put-object --bucket b --key k --body f | s3:PutObject P:s3:::b/k
aws s3api put-object --bucket b --key k --acl private --tagging a=b | s3:PutObject P:s3:::b/k; s3:PutObjectAcl P:s3:::b/k; s3:PutObjectTagging P:s3:::b/k
aws s3api get-object --bucket b --key k out | s3:GetObject P:s3:::b/k
aws s3api get-object --bucket b --key k --version-id v out | s3:GetObjectVersion P:s3:::b/k
aws s3api head-object --bucket b --key k | s3:GetObject P:s3:::b/k
aws s3api head-bucket --bucket b | s3:ListBucket P:s3:::b
aws s3api list-objects-v2 --bucket b --prefix p | s3:ListBucket P:s3:::b
aws s3api list-buckets | s3:ListAllMyBuckets *
aws s3api list-object-versions --bucket b | s3:ListBucketVersions P:s3:::b
aws s3api copy-object --copy-source a/x --bucket b --key y | s3:GetObject P:s3:::a/x; s3:PutObject P:s3:::b/y
aws s3api delete-objects --bucket b --delete file://d.json | s3:DeleteObject P:s3:::b/*
aws s3api create-multipart-upload --bucket b --key k | s3:PutObject P:s3:::b/k
aws s3api get-bucket-lifecycle-configuration --bucket b | s3:GetLifecycleConfiguration P:s3:::b
aws s3api put-bucket-encryption --bucket b --server-side-encryption-configuration '{}' | s3:PutEncryptionConfiguration P:s3:::b
aws s3api put-public-access-block --bucket b | s3:PutBucketPublicAccessBlock P:s3:::b
aws s3api put-bucket-policy --bucket b --policy file://p.json | s3:PutBucketPolicy P:s3:::b
aws s3api get-bucket-location --bucket b | s3:GetBucketLocation P:s3:::b
aws s3api create-bucket --bucket b | s3:CreateBucket P:s3:::b
aws s3api wait bucket-exists --bucket b | s3:ListBucket P:s3:::b
aws s3api wait object-exists --bucket b --key k | s3:GetObject P:s3:::b/k
aws ecs update-service --cluster c --service s --force-new-deployment | ecs:UpdateService P:ecs:HOME:service/c/s
aws ecs update-service --service s --task-definition web:7 | ecs:UpdateService P:ecs:HOME:service/default/s
aws ecs update-service --cluster arn:aws:ecs:eu-west-1:111122223333:cluster/c --service s | ecs:UpdateService P:ecs:eu-west-1:111122223333:service/c/s
aws ecs describe-services --cluster c --services a b | ecs:DescribeServices P:ecs:HOME:service/c/a; ecs:DescribeServices P:ecs:HOME:service/c/b
aws ecs wait services-stable --cluster c --services s | ecs:DescribeServices P:ecs:HOME:service/c/s
aws ecs describe-task-definition --task-definition web --query taskDefinition | ecs:DescribeTaskDefinition *
aws ecs register-task-definition --family web --task-role-arn arn:aws:iam::111122223333:role/task --execution-role-arn exec | ecs:RegisterTaskDefinition P:ecs:HOME:task-definition/web:*; iam:PassRole arn:aws:iam::111122223333:role/task; iam:PassRole P:iam::{account}:role/exec
aws ecs register-task-definition --cli-input-json file://missing.json | ecs:RegisterTaskDefinition -; iam:PassRole -
aws ecs list-clusters | ecs:ListClusters *
aws ecs describe-clusters --clusters c | ecs:DescribeClusters P:ecs:HOME:cluster/c
aws ecs stop-task --cluster c --task 0123456789abcdef0123456789abcdef | ecs:StopTask P:ecs:HOME:task/c/0123456789abcdef0123456789abcdef
aws ecs run-task --cluster c --task-definition web:7 | ecs:RunTask P:ecs:HOME:task-definition/web:7
aws ecs run-task --cluster c --task-definition web | ecs:RunTask P:ecs:HOME:task-definition/web:*
aws lambda update-function-code --function-name f --zip-file fileb://f.zip | lambda:UpdateFunctionCode P:lambda:HOME:function:f
aws lambda update-function-code --function-name f --s3-bucket b --s3-key k.zip | lambda:UpdateFunctionCode P:lambda:HOME:function:f; s3:GetObject P:s3:::b/k.zip
aws lambda update-function-code --function-name f --image-uri x --publish | lambda:UpdateFunctionCode P:lambda:HOME:function:f
aws lambda update-function-configuration --function-name f --role arn:aws:iam::111122223333:role/r | lambda:UpdateFunctionConfiguration P:lambda:HOME:function:f; iam:PassRole arn:aws:iam::111122223333:role/r
aws lambda publish-version --function-name f | lambda:PublishVersion P:lambda:HOME:function:f
aws lambda invoke --function-name f out.json | lambda:InvokeFunction P:lambda:HOME:function:f
aws lambda invoke --function-name f:live out.json | lambda:InvokeFunction P:lambda:HOME:function:f:live
aws lambda invoke --function-name f --qualifier live out.json | lambda:InvokeFunction P:lambda:HOME:function:f:live
aws lambda invoke --function-name 444455556666:function:f out.json | lambda:InvokeFunction P:lambda:{region}:444455556666:function:f
aws lambda invoke --function-name arn:aws:lambda:eu-west-1:444455556666:function:f out.json | lambda:InvokeFunction arn:aws:lambda:eu-west-1:444455556666:function:f
aws lambda wait function-updated --function-name f | lambda:GetFunctionConfiguration P:lambda:HOME:function:f
aws lambda wait function-updated-v2 --function-name f | lambda:GetFunction P:lambda:HOME:function:f
aws lambda update-alias --function-name f --name live --function-version 3 | lambda:UpdateAlias P:lambda:HOME:function:f
aws lambda list-functions | lambda:ListFunctions *
aws lambda create-function --function-name f --role arn:aws:iam::111122223333:role/r --code S3Bucket=b,S3Key=k | lambda:CreateFunction P:lambda:HOME:function:f; s3:GetObject P:s3:::b/k; iam:PassRole arn:aws:iam::111122223333:role/r
aws lambda publish-layer-version --layer-name l --zip-file fileb://l.zip | lambda:PublishLayerVersion P:lambda:HOME:layer:l
aws cloudformation deploy --stack-name web --template-file t.yml | cloudformation:DescribeStacks STACK; cloudformation:GetTemplateSummary STACK; cloudformation:CreateChangeSet STACK; cloudformation:DescribeChangeSet STACK; cloudformation:ExecuteChangeSet STACK
aws cloudformation deploy --stack-name web --template-file t.yml --role-arn arn:aws:iam::111122223333:role/cfn | cloudformation:DescribeStacks STACK; cloudformation:GetTemplateSummary STACK; cloudformation:CreateChangeSet STACK; cloudformation:DescribeChangeSet STACK; cloudformation:ExecuteChangeSet STACK; iam:PassRole arn:aws:iam::111122223333:role/cfn
aws cloudformation package --template-file t.yml --s3-bucket b --s3-prefix p | s3:GetObject P:s3:::b/p/*; s3:PutObject P:s3:::b/p/*
aws cloudformation describe-stacks --stack-name web | cloudformation:DescribeStacks STACK
aws cloudformation wait stack-update-complete --stack-name web | cloudformation:DescribeStacks STACK
aws cloudformation validate-template --template-body file://t.yml | cloudformation:ValidateTemplate *
aws cloudformation delete-stack --stack-name web | cloudformation:DeleteStack STACK
aws cloudformation update-stack --stack-name web --template-url https://templates.s3.amazonaws.com/t.yml | cloudformation:UpdateStack STACK; s3:GetObject P:s3:::templates/t.yml
aws cloudformation list-stacks | cloudformation:ListStacks *
aws cloudformation describe-stack-events --stack-name web | cloudformation:DescribeStackEvents STACK
aws eks update-kubeconfig --name prod --region eu-west-1 | eks:DescribeCluster P:eks:eu-west-1:{account}:cluster/prod
aws eks update-kubeconfig --name prod | eks:DescribeCluster P:eks:HOME:cluster/prod
aws eks describe-cluster --name prod | eks:DescribeCluster P:eks:HOME:cluster/prod
aws eks list-clusters | eks:ListClusters *
aws eks wait cluster-active --name prod | eks:DescribeCluster P:eks:HOME:cluster/prod
aws eks get-token --cluster-name prod |
aws eks update-nodegroup-version --cluster-name c --nodegroup-name n | eks:UpdateNodegroupVersion P:eks:HOME:nodegroup/c/n/*
aws ssm get-parameter --name /app/prod/url | ssm:GetParameter P:ssm:HOME:parameter/app/prod/url
aws ssm get-parameter --name plain | ssm:GetParameter P:ssm:HOME:parameter/plain
aws ssm get-parameters --names /a /b | ssm:GetParameters P:ssm:HOME:parameter/a; ssm:GetParameters P:ssm:HOME:parameter/b
aws ssm get-parameters-by-path --path /app/prod | ssm:GetParametersByPath P:ssm:HOME:parameter/app/prod
aws ssm put-parameter --name /app/image --value x --type String --overwrite | ssm:PutParameter P:ssm:HOME:parameter/app/image
aws ssm put-parameter --name /app/p --value x --type SecureString --key-id 1234abcd-12ab-34cd-56ef-1234567890ab | ssm:PutParameter P:ssm:HOME:parameter/app/p; kms:Encrypt P:kms:HOME:key/1234abcd-12ab-34cd-56ef-1234567890ab
aws ssm send-command --document-name AWS-RunShellScript --instance-ids i-0abc1234567890def | ssm:SendCommand P:ssm:{region}::document/AWS-RunShellScript; ssm:SendCommand P:ec2:HOME:instance/i-0abc1234567890def
aws ssm send-command --document-name deploy --targets Key=tag:a,Values=b | ssm:SendCommand P:ssm:HOME:document/deploy; ssm:SendCommand -
aws ssm get-command-invocation --command-id x --instance-id i-1 | ssm:GetCommandInvocation *
aws secretsmanager get-secret-value --secret-id prod/db | secretsmanager:GetSecretValue P:secretsmanager:HOME:secret:prod/db-??????
aws secretsmanager get-secret-value --secret-id arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf | secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf
aws secretsmanager put-secret-value --secret-id db --secret-string x | secretsmanager:PutSecretValue P:secretsmanager:HOME:secret:db-??????
aws secretsmanager list-secrets | secretsmanager:ListSecrets *
aws deploy create-deployment --application-name a --deployment-group-name g --s3-location bucket=b,key=k,bundleType=zip | codedeploy:CreateDeployment P:codedeploy:HOME:deploymentgroup:a/g; codedeploy:GetDeploymentConfig P:codedeploy:HOME:deploymentconfig:*; codedeploy:RegisterApplicationRevision P:codedeploy:HOME:application:a; codedeploy:GetApplicationRevision P:codedeploy:HOME:application:a
aws deploy push --application-name a --s3-location s3://b/k.zip --source . | s3:PutObject P:s3:::b/k.zip; codedeploy:RegisterApplicationRevision P:codedeploy:HOME:application:a
aws deploy wait deployment-successful --deployment-id d-1 | codedeploy:GetDeployment -
aws apprunner start-deployment --service-arn arn:aws:apprunner:us-east-1:111122223333:service/s/0123456789abcdef | apprunner:StartDeployment arn:aws:apprunner:us-east-1:111122223333:service/s/0123456789abcdef
aws cloudfront create-invalidation --distribution-id E1 --paths '/*' | cloudfront:CreateInvalidation P:cloudfront::{account}:distribution/E1
aws cloudfront get-distribution --id E1 | cloudfront:GetDistribution P:cloudfront::{account}:distribution/E1
aws cloudfront get-distribution-config --id E1 | cloudfront:GetDistributionConfig P:cloudfront::{account}:distribution/E1
aws cloudfront wait invalidation-completed --distribution-id E1 --id I1 | cloudfront:GetInvalidation P:cloudfront::{account}:distribution/E1
aws elbv2 describe-target-health --target-group-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/t/73e2d6bc24d8a067 | elasticloadbalancing:DescribeTargetHealth *
aws elbv2 register-targets --target-group-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/t/73e2d6bc24d8a067 --targets Id=i-1 | elasticloadbalancing:RegisterTargets arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/t/73e2d6bc24d8a067
aws elbv2 modify-listener --listener-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/l/50dc6c495c0c9188/f2f7dc8efc522ab2 | elasticloadbalancing:ModifyListener arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/l/50dc6c495c0c9188/f2f7dc8efc522ab2
aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file://c.json | route53:ChangeResourceRecordSets P:route53:::hostedzone/Z1
aws route53 get-hosted-zone --id /hostedzone/Z1 | route53:GetHostedZone P:route53:::hostedzone/Z1
aws route53 list-hosted-zones-by-name --dns-name x | route53:ListHostedZonesByName *
aws route53 wait resource-record-sets-changed --id C1 | route53:GetChange P:route53:::change/C1
aws sqs send-message --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/q --message-body x | sqs:SendMessage arn:aws:sqs:us-east-1:111122223333:q
aws sqs get-queue-url --queue-name q | sqs:GetQueueUrl P:sqs:HOME:q
aws sns publish --topic-arn arn:aws:sns:us-east-1:111122223333:t --message x | sns:Publish arn:aws:sns:us-east-1:111122223333:t
aws sns create-topic --name t | sns:CreateTopic P:sns:HOME:t
aws logs tail /aws/ecs/app --since 5m | logs:FilterLogEvents P:logs:HOME:log-group:/aws/ecs/app:*
aws logs create-log-group --log-group-name /a | logs:CreateLogGroup P:logs:HOME:log-group:/a:*
aws logs put-retention-policy --log-group-name /a --retention-in-days 7 | logs:PutRetentionPolicy P:logs:HOME:log-group:/a:*
aws logs get-log-events --log-group-name /a --log-stream-name s | logs:GetLogEvents P:logs:HOME:log-group:/a:log-stream:s
aws logs describe-log-groups | logs:DescribeLogGroups *
aws kms encrypt --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --plaintext x | kms:Encrypt P:kms:HOME:key/1234abcd-12ab-34cd-56ef-1234567890ab
aws kms sign --key-id alias/release --message x | kms:Sign -
aws kms describe-key --key-id arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab | kms:DescribeKey arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
aws iam get-role --role-name r | iam:GetRole P:iam::{account}:role/r
aws iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess | iam:AttachRolePolicy P:iam::{account}:role/r
aws iam put-role-policy --role-name r --policy-name p --policy-document file://p.json | iam:PutRolePolicy P:iam::{account}:role/r
aws iam create-policy-version --policy-arn arn:aws:iam::111122223333:policy/p --policy-document file://p.json | iam:CreatePolicyVersion arn:aws:iam::111122223333:policy/p
aws iam list-roles | iam:ListRoles *
aws iam add-role-to-instance-profile --role-name r --instance-profile-name p | iam:AddRoleToInstanceProfile P:iam::{account}:instance-profile/p; iam:PassRole P:iam::{account}:role/r
aws dynamodb put-item --table-name t --item file://i.json | dynamodb:PutItem P:dynamodb:HOME:table/t
aws dynamodb batch-get-item --request-items '{"a":{},"b":{}}' | dynamodb:BatchGetItem P:dynamodb:HOME:table/a; dynamodb:BatchGetItem P:dynamodb:HOME:table/b
aws dynamodb list-tables | dynamodb:ListTables *
aws stepfunctions start-execution --state-machine-arn arn:aws:states:us-east-1:111122223333:stateMachine:m | states:StartExecution arn:aws:states:us-east-1:111122223333:stateMachine:m
aws stepfunctions create-state-machine --name m --definition file://d.json --role-arn arn:aws:iam::111122223333:role/sfn | states:CreateStateMachine P:states:HOME:stateMachine:m; iam:PassRole arn:aws:iam::111122223333:role/sfn
aws events put-rule --name r --schedule-expression 'rate(1 day)' | events:PutRule P:events:HOME:rule/r
aws events put-targets --rule r --event-bus-name bus --targets Id=1,Arn=arn:aws:sqs:us-east-1:111122223333:q,RoleArn=arn:aws:iam::111122223333:role/ev | events:PutTargets P:events:HOME:rule/bus/r; iam:PassRole arn:aws:iam::111122223333:role/ev
aws events describe-rule --name r --event-bus-name default | events:DescribeRule P:events:HOME:rule/r
aws ecs tag-resource --resource-arn arn:aws:ecs:us-east-1:111122223333:service/c/s --tags key=a,value=b | ecs:TagResource arn:aws:ecs:us-east-1:111122223333:service/c/s
aws ecs tag-resource --resource-arn $ARN --tags key=a,value=b | ecs:TagResource -
aws iam get-policy --policy-arn $ARN | iam:GetPolicy -
aws rds describe-db-instances --db-instance-identifier $DB | rds:DescribeDBInstances -
aws ecs update-service --cluster $CLUSTER --service s | ecs:UpdateService -
aws s3 cp a.zip s3://b/$SHA/a.zip | s3:PutObject P:s3:::b/*
aws s3 cp a.zip s3://$BUCKET/a.zip | s3:PutObject -
aws athena start-query-execution --query-string x | athena:StartQueryExecution P:athena:HOME:workgroup/primary
aws ecs list-tasks --cluster c --service-name s | ecs:ListTasks *
aws ecs run-task --cluster c --task-definition t:1 --overrides '{"taskRoleArn":"arn:aws:iam::111122223333:role/x"}' | ecs:RunTask P:ecs:HOME:task-definition/t:1; iam:PassRole arn:aws:iam::111122223333:role/x
aws ssm start-automation-execution --document-name AWS-RestartEC2Instance | ssm:StartAutomationExecution P:ssm:{region}::document/AWS-RestartEC2Instance
aws bedrock-runtime invoke-model --model-id anthropic.claude-3 out | bedrock:InvokeModel P:bedrock:{region}::foundation-model/anthropic.claude-3
aws bedrock-runtime invoke-model --model-id us.anthropic.claude-3 out | bedrock:InvokeModel -
aws glue get-table --database-name d --name t | glue:GetTable P:glue:HOME:catalog; glue:GetTable P:glue:HOME:database/d; glue:GetTable P:glue:HOME:table/d/t
aws dms start-replication-task --replication-task-arn arn:aws:dms:us-east-1:111122223333:task:T | dms:StartReplicationTask arn:aws:dms:us-east-1:111122223333:task:T
aws wafv2 update-ip-set --name n --scope CLOUDFRONT --id i | wafv2:UpdateIPSet P:wafv2:HOME:global/ipset/n/i
aws rds-data execute-statement --resource-arn arn:aws:rds:us-east-1:111122223333:cluster:c --secret-arn arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf --sql x | rds-data:ExecuteStatement arn:aws:rds:us-east-1:111122223333:cluster:c; secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf
aws secretsmanager create-secret --name s --secret-string x --tags Key=a,Value=b | secretsmanager:CreateSecret P:secretsmanager:HOME:secret:s-??????; secretsmanager:TagResource P:secretsmanager:HOME:secret:s-??????
aws s3 cp "$GITHUB_WORKSPACE/dist/a.zip" s3://b/ | s3:PutObject P:s3:::b/a.zip
aws s3 cp "$FILE" s3://b/ | s3:PutObject P:s3:::b/*
aws s3 cp s3://b/k "$DEST" | s3:GetObject P:s3:::b/k
aws lambda put-provisioned-concurrency-config --function-name f --qualifier live --provisioned-concurrent-executions 1 | lambda:PutProvisionedConcurrencyConfig P:lambda:HOME:function:f:live
aws elbv2 modify-rule --rule-arn arn:aws:elasticloadbalancing:us-east-1:111122223333:listener-rule/app/l/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee | elasticloadbalancing:ModifyRule arn:aws:elasticloadbalancing:us-east-1:111122223333:listener-rule/app/l/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee
aws sns publish --target-arn arn:aws:sns:us-east-1:111122223333:t --message x | sns:Publish arn:aws:sns:us-east-1:111122223333:t
aws cloudtrail start-logging --name t | cloudtrail:StartLogging P:cloudtrail:HOME:trail/t
aws logs put-subscription-filter --log-group-name /a --filter-name f --filter-pattern x --destination-arn arn:aws:lambda:us-east-1:111122223333:function:f | logs:PutSubscriptionFilter P:logs:HOME:log-group:/a:*
aws ssm get-parameter --name /a:3 | ssm:GetParameter P:ssm:HOME:parameter/a
aws ssm get-parameters --names /a $B | ssm:GetParameters P:ssm:HOME:parameter/a; ssm:GetParameters -
aws ssm get-parameter --name /aws/service/ecs/optimized-ami/amazon-linux-2/recommended | ssm:GetParameter P:ssm:{region}::parameter/aws/service/ecs/optimized-ami/amazon-linux-2/recommended
aws secretsmanager update-secret --secret-id s --kms-key-id 1234abcd-12ab-34cd-56ef-1234567890ab | secretsmanager:UpdateSecret P:secretsmanager:HOME:secret:s-??????; kms:GenerateDataKey P:kms:HOME:key/1234abcd-12ab-34cd-56ef-1234567890ab; kms:Decrypt P:kms:HOME:key/1234abcd-12ab-34cd-56ef-1234567890ab
aws eks update-kubeconfig --name c --assume-role-arn arn:aws:iam::111122223333:role/other | sts:AssumeRole arn:aws:iam::111122223333:role/other
aws eks update-kubeconfig --name c --role-arn arn:aws:iam::111122223333:role/kube | eks:DescribeCluster P:eks:HOME:cluster/c; sts:AssumeRole arn:aws:iam::111122223333:role/kube
aws stepfunctions start-sync-execution --state-machine-arn $ARN | states:StartSyncExecution -
aws deploy create-deployment --application-name a --deployment-group-name g --deployment-config-name CodeDeployDefault.OneAtATime | codedeploy:CreateDeployment P:codedeploy:HOME:deploymentgroup:a/g; codedeploy:GetDeploymentConfig P:codedeploy:HOME:deploymentconfig:CodeDeployDefault.OneAtATime; codedeploy:GetApplicationRevision P:codedeploy:HOME:application:a
aws dynamodb execute-statement --statement "SELECT * FROM t" | dynamodb:PartiQLSelect -
aws dynamodb transact-write-items --transact-items '[{"Put":{"TableName":"a"}},{"Delete":{"TableName":"b"}}]' | dynamodb:PutItem P:dynamodb:HOME:table/a; dynamodb:DeleteItem P:dynamodb:HOME:table/b
aws cloudformation deploy --stack-name web --template-file t.yml --s3-bucket b --s3-prefix p --no-execute-changeset --role-arn arn:aws:iam::111122223333:role/cfn | s3:PutObject P:s3:::b/p/*; s3:GetObject P:s3:::b/p/*; cloudformation:DescribeStacks STACK; cloudformation:GetTemplateSummary STACK; cloudformation:CreateChangeSet STACK; cloudformation:DescribeChangeSet STACK; iam:PassRole arn:aws:iam::111122223333:role/cfn
aws quicksight create-role-membership --role ADMIN --member-name m --aws-account-id 111122223333 --namespace default | quicksight:CreateRoleMembership *
aws glue create-job --name j --role GlueRole --command x | glue:CreateJob P:glue:HOME:job/j; iam:PassRole P:iam::{account}:role/GlueRole
aws codebuild start-build --project-name p | codebuild:StartBuild P:codebuild:HOME:project/p
aws codepipeline start-pipeline-execution --name p | codepipeline:StartPipelineExecution P:codepipeline:HOME:p
aws cloudwatch put-metric-data --namespace n --metric-name m --value 1 | cloudwatch:PutMetricData *
aws cloudwatch put-metric-alarm --alarm-name a | cloudwatch:PutMetricAlarm P:cloudwatch:HOME:alarm:a
aws rds describe-db-instances --db-instance-identifier d | rds:DescribeDBInstances P:rds:HOME:db:d
aws rds describe-db-instances | rds:DescribeDBInstances P:rds:HOME:db:*
aws rds modify-db-instance --db-instance-identifier d --apply-immediately | rds:ModifyDBInstance P:rds:HOME:db:d
aws elasticbeanstalk create-application-version --application-name a --version-label v | elasticbeanstalk:CreateApplicationVersion P:elasticbeanstalk:HOME:application/a; elasticbeanstalk:CreateApplicationVersion P:elasticbeanstalk:HOME:applicationversion/a/v
aws ec2 describe-instances --filters Name=tag:a,Values=b | ec2:DescribeInstances *
aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 22 --cidr 1.2.3.4/32 | ec2:AuthorizeSecurityGroupIngress P:ec2:HOME:security-group/sg-1
aws ec2 start-instances --instance-ids i-1 i-2 | ec2:StartInstances P:ec2:HOME:instance/i-1; ec2:StartInstances P:ec2:HOME:instance/i-2
aws autoscaling start-instance-refresh --auto-scaling-group-name g | autoscaling:StartInstanceRefresh P:autoscaling:HOME:autoScalingGroup:*:autoScalingGroupName/g
aws cognito-idp update-user-pool --user-pool-id us-east-1_AbC | cognito-idp:UpdateUserPool P:cognito-idp:HOME:userpool/us-east-1_AbC
aws opensearch describe-domain --domain-name d | es:DescribeDomain P:es:HOME:domain/d
aws efs describe-file-systems --file-system-id fs-1 | elasticfilesystem:DescribeFileSystems P:elasticfilesystem:HOME:file-system/fs-1
aws apigateway create-deployment --rest-api-id r1 --stage-name prod | apigateway:POST P:apigateway:{region}::/restapis/r1/deployments
aws apigatewayv2 update-stage --api-id a1 --stage-name prod | apigateway:PATCH P:apigateway:{region}::/apis/a1/stages/prod
aws amplify start-job --app-id a --branch-name main --job-type RELEASE | amplify:StartJob P:amplify:HOME:apps/a/branches/main/jobs/*
aws codeartifact login --tool npm --domain d --domain-owner 444455556666 --repository r | codeartifact:GetAuthorizationToken P:codeartifact:{region}:444455556666:domain/d; sts:GetServiceBearerToken *; codeartifact:GetRepositoryEndpoint P:codeartifact:{region}:444455556666:repository/d/r
aws codeartifact get-authorization-token --domain d --query authorizationToken | codeartifact:GetAuthorizationToken P:codeartifact:HOME:domain/d; sts:GetServiceBearerToken *
aws sts get-caller-identity --query Account --output text |
aws sts decode-authorization-message --encoded-message x | sts:DecodeAuthorizationMessage *
aws configure set region us-east-1 |
aws --version |
aws help |
aws s3 help |
aws --region eu-west-1 --output json lambda publish-version --function-name f | lambda:PublishVersion P:lambda:eu-west-1:{account}:function:f
aws resourcegroupstaggingapi get-resources | tag:GetResources *
aws organizations describe-organization | organizations:DescribeOrganization *
aws acm describe-certificate --certificate-arn arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012 | acm:DescribeCertificate arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012
aws glue start-job-run --job-name j | glue:StartJobRun P:glue:HOME:job/j
aws kinesis put-record --stream-name s --data x --partition-key k | kinesis:PutRecord P:kinesis:HOME:stream/s
aws firehose put-record --delivery-stream-name s --record Data=x | firehose:PutRecord P:firehose:HOME:deliverystream/s
aws batch submit-job --job-name n --job-queue q --job-definition d:3 | batch:SubmitJob P:batch:HOME:job-definition/d:3; batch:SubmitJob P:batch:HOME:job-queue/q
aws elasticache describe-cache-clusters | elasticache:DescribeCacheClusters -
aws codecommit get-repository --repository-name r | codecommit:GetRepository P:codecommit:HOME:r
aws wafv2 list-web-acls --scope REGIONAL | wafv2:ListWebACLs *
aws lambda add-permission --function-name f --statement-id s --action lambda:InvokeFunction --principal s3.amazonaws.com | lambda:AddPermission P:lambda:HOME:function:f
"""


def _rows() -> list[tuple[str, list[str]]]:
    found = []
    for line in TABLE.strip().splitlines():
        command, _, expected = line.partition(" | ")
        text = expected.replace("STACK", "P:cloudformation:HOME:stack/web/*").replace("P:", f"{P}:")
        found.append(
            (command.removesuffix(" |"), [part for part in text.replace("HOME", HOME).split("; ") if part.strip()])
        )
    return found


def test_the_table_is_large() -> None:
    assert len(_rows()) >= 160


@pytest.mark.parametrize(("command", "expected"), _rows())
def test_command(command: str, expected: list[str]) -> None:
    assert sorted(calls(command)) == sorted(expected)
    assert all(each.kind is StepKind.AWS_CLI for each in read(command))


def test_files_of_the_repository() -> None:
    text = '{"family": "web", "taskRoleArn": "arn:aws:iam::111122223333:role/t", "executionRoleArn": "e"}'
    files = (RepositoryFile("deploy/task.json", Known(text)),)
    command = "aws ecs register-task-definition --cli-input-json file://./deploy/task.json"
    expected = [
        "ecs:RegisterTaskDefinition arn:{partition}:ecs:{region}:{account}:task-definition/web:*",
        "iam:PassRole arn:aws:iam::111122223333:role/t",
        "iam:PassRole arn:{partition}:iam::{account}:role/e",
    ]
    assert calls(command, files=files) == expected
    assert calls(command.replace("file://./deploy/task.json", "'$(cat deploy/task.json)'"), files=files) == expected
    lookup = {"./deploy/task.json": text}.get
    assert [
        f"{each.action} {each.resource}" for each in operations_of_aws(tuple(command.split()), {}, lookup)
    ] == expected


def test_a_deployment_of_ecs_registers_the_task_definition_of_a_file() -> None:
    text = '{"family": "web", "executionRoleArn": "arn:aws:iam::111122223333:role/e"}'
    command = "aws ecs deploy --cluster c --service s --task-definition task.json --codedeploy-appspec spec.yml"
    found = calls(command, files=(RepositoryFile("task.json", Known(text)),))
    assert "ecs:RegisterTaskDefinition arn:{partition}:ecs:{region}:{account}:task-definition/web:*" in found
    assert "iam:PassRole arn:aws:iam::111122223333:role/e" in found
    assert {"ecs:RegisterTaskDefinition -", "iam:PassRole -"} <= set(calls(command))


def test_what_a_command_may_do_without_is_tolerated() -> None:
    found = read("aws cloudformation package --template-file t.yml --s3-bucket b")
    assert {each.action: each.tolerated for each in found} == {"s3:GetObject": True, "s3:PutObject": False}


def test_a_passed_role_says_to_which_service() -> None:
    context = {
        each.action: each.context
        for each in read("aws ecs register-task-definition --family f --task-role-arn arn:aws:iam::111122223333:role/t")
    }
    assert context["iam:PassRole"] == (("iam:PassedToService", "ecs-tasks.amazonaws.com"),)
    assert context["ecs:RegisterTaskDefinition"] == ()


def test_a_role_behind_what_is_read_of_a_long_document_is_one_that_is_not_known() -> None:
    role = {"Id": "a", "RoleArn": "arn:aws:iam::111122223333:role/targets"}

    def passed(*targets: dict[str, str]) -> set[str]:
        file = RepositoryFile("t.json", Known(json.dumps(targets)))
        found = calls("aws events put-targets --rule r --targets file://t.json", files=(file,))
        return {each.removeprefix("iam:PassRole ") for each in found if each.startswith("iam:PassRole")}

    assert passed(role) == {role["RoleArn"]}
    assert passed({"Id": "x" * 60_000}) == set()
    assert passed(role, {"Id": "x" * 60_000}, role) == {role["RoleArn"], "-"}


def test_localstack_is_not_aws() -> None:
    operations, _ = operations_of_script("awslocal s3 ls\n/usr/local/bin/aws s3 ls", {})
    assert [each.purpose for each in operations] == [Purpose.NOTHING, Purpose.SERVICE]


def test_files_are_looked_up_from_where_the_script_runs() -> None:
    missed: dict[str, None] = {}
    script = "cd deploy && aws ecs register-task-definition --cli-input-json file://task.json"
    operations_of_script(script, {}, Files(missed=missed), "infra")
    assert "infra/deploy/task.json" in missed
    files = Files({"infra/deploy/task.json": Known('{"family": "web"}')})
    operations, _ = operations_of_script(script, {}, files, "infra")
    assert "arn:{partition}:ecs:{region}:{account}:task-definition/web:*" in {each.resource for each in operations}


def test_the_environment_says_the_region() -> None:
    command = "aws ecs update-service --cluster c --service s"
    assert calls(command, {"AWS_REGION": "eu-west-1"}) == [
        "ecs:UpdateService arn:{partition}:ecs:eu-west-1:{account}:service/c/s"
    ]
    assert calls(command, {"AWS_REGION": "***"}) == ["ecs:UpdateService -"]


@pytest.mark.parametrize(
    ("command", "purpose"),
    [
        ("aws s3 ls --profile other", Purpose.NOT_JUDGED),
        ("aws s3 ls --endpoint-url http://localhost:4566", Purpose.NOTHING),
        ("aws s3 ls --endpoint-url $ENDPOINT", Purpose.NOT_JUDGED),
        ("aws s3 ls --endpoint-url https://s3.us-east-1.amazonaws.com", Purpose.SERVICE),
        ("aws s3 cp s3://public/x . --no-sign-request", Purpose.NOTHING),
        ("aws iotthingsgraph search-things --entity-id x", Purpose.NOT_JUDGED),
        ("aws nonsense do-it", Purpose.NOT_JUDGED),
        ("aws $SERVICE list", Purpose.OPAQUE),
        ("aws ecs $@", Purpose.OPAQUE),
        ("aws ecs", Purpose.NOTHING),
        ("aws s3 $VERB s3://b", Purpose.OPAQUE),
        ("aws s3 cp $A $B", Purpose.NOT_JUDGED),
        ("aws ecr $VERB", Purpose.OPAQUE),
        ("aws ecr help", Purpose.NOTHING),
        ("aws ecr describe-images --repository-name x", Purpose.CALL),
        ("aws dynamodb execute-statement --statement $SQL", Purpose.NOT_JUDGED),
    ],
)
def test_commands_that_are_no_plain_call(command: str, purpose: Purpose) -> None:
    assert {each.purpose for each in read(command)} == {purpose}


@pytest.mark.parametrize(
    "command",
    [
        "aws cloudformation deploy --stack-name s --template-file t",
        "aws ecs run-task --cluster c --task-definition t",
        "aws ssm get-parameter --name /a --with-decryption",
        "aws s3 cp $FILE s3://b/",
        "aws elasticbeanstalk update-environment --environment-name e --version-label v",
    ],
)
def test_what_is_left_is_named(command: str) -> None:
    gaps = [each.gap for each in read(command) if each.purpose is Purpose.NOT_JUDGED]
    assert [gap.what for gap in gaps if gap] == [" ".join(command.split()[:3])]
