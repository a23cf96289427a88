"""The words of Omni's API: what stays in a recording as it is. Everything else that is text is replaced.

A key that is not here is replaced as well, since keys may be the names of fields and attributes; whoever
gets a word from Omni that should have stayed adds it. A test compares with Omni's own description.
"""

from __future__ import annotations

#: Names of keys and parameters.
KEYS = frozenset(
    """
_count abilities acceptsLicense accessBoost accessBoostable accessGrants accessSource
accountCreditLimit activeBranches archived actions active add addedGroupRecipientsCount addedRecipientsCount agentic_job
aggregate_type aggregateType ai_timing_ms aiConfig aiContext aiModifiedAt alert
allow_branch_exists allowAsWorkbookBase allowedValues allowsUserSpecificTimezones allValues
always_where_filters alwaysScopeViewNames answer attributeName authenticationType authMethod
autogenRelationships awsRoleArn base_view_name baseBranch baseConnectionId baseModelId baseRole
binBoundaries binLabels branch branch_id branch_name
branchConnectionEnvironmentOverridesUserAttr branches branchId branchName branchPerPullRequest
bucket bucketName cache cache_metadata cache_reset cache_type calc_name calculations canAnalyze
cancelledAt cancelledBy canDownload canDrill canDuplicate canRequestAccess canSaveSpreadsheets
canSchedule canUpload canUseDashboardAi canUseTimezoneOverride canViewWorkbook capturedAt
category channelId chartType chatAiSessionId checksums clearExistingDraft cloneUrl code
codeComments color column_limit column_name column_totals commit_message commitMessage
completed_at completedAt completedQueries conditionQueryMapKey conditionQueryName conditionType
config connection_id connectionEnvironments connectionId connections content content_filter_mode
contentType controls controlType conversation_id conversationId cost cost_estimate count created
created_at createdAt createdBy creatorId creditLimit creditsUsed csvResult csvResultWasTruncated
currentTopicName cursor custom custom_summary_types dashboard dashboard_filter_issues
dashboard_identifier dashboardId dashboardName data data_type database date_type
dbt_environment_id dbt_git_branch dbtVersion deduplication_name default_filters default_group_by
default_value defaultSchema defaultValue defaultValues delete_branch deleted deletedAt
delivererRoleArn depends_on depth description destination destinations destinationType detail
dialect did_sync didSync dimensions disabled disabledAt display display_sql displayName document
document_id documentId documentMetadata documents downgradeCredits draftOutOfDate drillFields
dynamic_top_n edits elseValue email emailOnly emails embedEmail embedEntity embedExternalId
enabled enableDbSemanticLayerIntegration enableDbSemanticLayerTopics enableFormatting
enableSemanticLayer enableVirtualSchemas entity entityGroupDefaultCredits entityId
environmentConnectionIds environmentConnectionSwitchesSchemaModel environmentId
environmentUserAttribute ephemeral error error_message error_reason error_type errorMessage
errorType eval_prompt_id evidence excludedAttributes executionStartedAt
expandTablesToShowAllRows expectation exportVersion exposure externalId externalOauthAudience
externalOauthAuthorizationUrl externalOauthTokenUrl facetFilters failed_drafts_count fanOut
favoritedAt favorites fetchedAtMillis field field_name fieldName fields file file_name fileName
filename files fileUploads fill_fields filter filter_only_field filter_only_fields filterConfig
filterId filterOrder filters find find_or_replace_type find_type folder folder_paths folderId
folderInfo folderPath force force_override_git_settings format formatResults formats from
fully_qualified_name fullyResolved git_sha git_synced gitFollower gitRef gitServiceProvider
gitSha group_label groupFilters groupLabel groupNames groups hasApp hasDashboard hasNextPage
hasResults hidden hideHiddenFields hideTitle homepage host hostOverride id ide_file_name
identifier ignored ignoredAt ignoredBy ignoreReason in_db_as_table_name in_sync include
include_personal_folders includeChecksums includeDeleted includeOtherCatalogs includeSchemas
inDbAsTableName inferRelationshipsFromColumnNames inferRelationshipsFromForeignKeys inSync
invalid_calculations is is_archived is_calc is_column_sort is_dimension is_negative
is_pseudo_display_view isCalc isDefaultEnvironment isOwner isSecret issues itemsPerPage
iteration job_id job_ids job_type jobId jobIds jobs_submitted join_paths_from_topic_name
join_type join_via_map join_via_map_key_order keyPrefix keyScope killJobsOnFailure kind label
labelName labels lastCompletedAt lastEditedBy lastLogin lastModified lastPrompt lastRun
lastStatus lastViewedAt latest_run_at layout left_side left_view_name limit maxBillingBytes
maxRowLimit measures members membership membershipId message messages meta metadata
metadataVersion miniUuid missing_fields mode model model_id model_job modelId modelKind
modelName modelPath multiple_values name newFieldName newTopicName newViewName nextCursor
null_sort num_rows oauthClientId oauthClientSecretUnencrypted offloadedSchemas offset ok
omni_is_org_admin omni_user_email omni_user_id omni_user_name omni_user_timezone omniChatUrl
only_in_workbook_id op Operations options organizationAccessBoost organizationId
organizationRole orgRole outside_pivot overrideRowLimit owner ownerId ownerName pageInfo
pageSize paperFormat paperOrientation parentFolderId password passwordUnencrypted path
period_over_period_computations periodEnd periodStart permissions permits pivots plan planOnly
policy_name policyName port potentialTopicNames pr_url prefersChart previousChecksum primary
primary_key principals priority privateKey progress progressWebhookEnabled projectRootPath
prompt prompt_count prompt_set prompt_set_id prompt_sets prompt_text prompts proposedChanges
publicKey publish_drafts published_drafts_count publishedIdentifier q queries queries_and_issues
query query_count query_id_map_key query_name query_presentation_id query_timing_ms
queryAllViews queryIdentifierMapKey queryModels queryName queryPresentations queryTimeoutSeconds
queryTimezone question rationale reason recipientCount recipientEmails recipients records
refreshInterval region relationships remaining_job_ids remove removedGroupRecipientsCount
removedRecipientsCount repeat_count repeat_index replaced_dashboard_filters_count
replaced_documents_count replaced_queries_count replaced_workbook_models_count replacement
require_branch_exists require_pull_request_to_publish requirePullRequest
requirePullRequestToPublish reset_at resetAt resolved resolvePathConflict Resources resourceType
result resultConfig results resultSummary resultType reversible rewriteSql right_side
right_view_name role roleArn roleName rolesByModel rotateKeys row_totals rowCount run run_number
runQuery runs sampleValues schedule scheduleId schedules scheduleType schema schema_label
schemas scope score scoring_cost scratchSchema searchTerm server_stream sessionId severity
showContentLink showFilters shutoffCredits singleColumnLayout size_bytes
skipped_pr_required_count slackRecipientType slug sort_descending sortDirection sortField sorts
sources spreadsheetId sql sshUrl startIndex state static_query_references staticQueryReferences
stats status stream_stats subTitle success summary supportsDbt synonyms system systemDisabled
systemDisabledAt systemDisabledReason systemTimezone table table_name tags target targetDatabase
targetModelId targetName targetRole targetSchema terminal testNow text tileFilterMap time_frames
timed_out timestamp timezone timing_ms title token tool_timing_ms topic topic_context
topicContext topicId topicName topics total totalRecords totalResults totalRowCount
transposed_measures truncated trustServerCertificate type updated_at updatedAt uploaded_by_user
uploadId url usage_count useCache useMachineAuth user user_attributes user_edited_sql user_id
userAttribute userAttributeNameForConnectionsEnvironments userAttributes userAttributeValues
userAttributeValuesForDefaultEnvironment userDefaultCredits userEditedSQL userGroupId
userGroupIds userGroupRecipients userId userIds userName username users usesIsolatedBranches
valid value values variables verified version view view_label view_name viewCreated viewName
viewNames views visConfig visits visType warehouse webhookMetadata webhookSecret
webhookSigningSecret webhookUrl webUrl workbook workbookId workbookModel workbookModelId
workbookUrl yaml yaml_path
""".split()
)

#: Which words of paths follow upon which; ``*`` is an id or a name. After any other word comes an id.
PATH_STEPS = frozenset(
    """
*/access-list */add-recipients */ai-agent-actions */app */archive */branch */cache_reset */cancel
*/content-validator */dashboard */dbt */dbt-exposures */dbt-sync */download */draft */drafts
*/duplicate */export */favorite */favorites */feedback */field */filters */git */identifier */ignore
*/labels */merge */migrate */model-roles */move */pause */permissions */queries */recipients
*/refresh */remove-recipients */restore */result */resume */schedules */schemas */status
*/suggestions */topic */transfer-ownership */trigger */unarchive */upgrade */validate */view */vis
*/yaml /api /embed ai/branding ai/conversations ai/credit-controls ai/credit-usage ai/eval
ai/generate-query ai/jobs ai/pick-topic ai/routines ai/search-omni-docs api/scim api/unstable api/v1
api/v2 content/search credit-controls/entity-groups credit-controls/user-groups
credit-controls/users credit-usage/entity-groups credit-usage/user-groups credit-usage/users
dbt/environments documents/import draft/app draft/publish email-only/bulk embed/Users embed/login
embed/sso eval/prompt-sets eval/runs git/commit git/sync query/run query/wait scim/v2
sso/generate-session sso/generate-url sso/redeem-session suggestions/generate suggestions/runs
suggestions/schedule unstable/documents users/email-only v1/ai v1/api-keys v1/color-palettes
v1/connection-environments v1/connections v1/content v1/dashboards v1/documents v1/embed v1/folders
v1/jobs v1/labels v1/models v1/query v1/schedules v1/skills v1/uploads v1/user-attribute-selections
v1/user-attributes v1/user-groups v1/users v1/whoami v2/Groups v2/Users v2/documents v2/embed
""".split()
)

#: Values that the API defines, and below which keys they stay.
VALUES = frozenset(
    """
0.1 _count a3 a4 active Add add ADMIN AFTER ai_context alert ALL always ALWAYS_INNER ALWAYS_LEFT
analysis app application area areaStacked areaStackedPercentage ARRAY asc assumed_many_to_one
athena auto AVERAGE AVERAGE_DISTINCT_ON azure_devops bar barGrouped barLine barStacked
barStackedPercentage BASE baseModelId basic BEFORE BETWEEN bigquery bitbucket
bitbucket_datacenter BOOLEAN boolean boxplot BRANCH calc call CANCELED canceled CANCELLED
clickhouse code column columnGrouped columnStacked columnStackedPercentage COMBINED combined
COMPLETE COMPLETED completed composite CONDITION_UNMET CONNECTION_ADMIN connectionId CONTAINS
context_edits COUNT COUNT_DISTINCT createdAt CROSS csv dashboard dashboardName database
databricks databricks_lakebase DATE date DATETIME DELIVERING desc dialect dimension direct
disabled document duckdb EDITOR editor email ENDS_WITH EQUALS ERROR error ERROR_DELIVERED exasol
EXECUTING EXECUTION_ERROR EXPLORER EXTENSION extension FAILED failed false favorites FIELD field
FIELD_PICKER fileName FILTER filter fit_page folder FULL_OUTER funnel github gitlab
google_sheets GRAND GREATER_THAN GREATER_THAN_OR_EQUAL grid GROUP Group heatmap history HIT
https_token IN IN_PROGRESS INNER INTERVAL IS_NULL JSON json KILLED kpi labels landscape lastRun
lastRunStatus LEFT legal LESS_THAN LESS_THAN_OR_EQUAL letter line lineColor link_only LIST
MANAGER manager many_to_many many_to_one map mariadb markdown MAX mcp measure MEDIAN
MEDIAN_DISTINCT_ON MEMBER MERGED merged MIN MISS missing_context ml MODELER modelKind motherduck
mssql mysql never NO_ACCESS no_access NO_ISSUES none normal notebook null NUMBER Number number
omni-ai-summary-markdown omni-kpi omni-markdown omni-spreadsheet omni-table ON_OR_AFTER
one_to_many one_to_one oracle ORG ORG_ADMIN ORG_MEMBER organization ownerName pdf PENDING
PERCENTILE PERCENTILE_DISTINCT_ON personal pie PLAN_ERROR PLANNING_ERROR png point pointColor
pointSize pointSizeColor portrait postgres QUERIER QUERY QUERY_TOPICS QUEUED redshift refresh
refresh_all regionMap Remove remove Replace replace restricted RESTRICTED_QUERIER
RESULTS_CHANGED RESULTS_MISSING RESULTS_PRESENT RESULTS_UNCHANGED RUNNING running s3 sample
sankey sap_hana schedule scheduleName SCHEMA sftp SHARED SHARED_EXTENSION single-record
singleRecord singlestore skill SkipCache SkipCacheAndRebuildExtracts SkipRequery slack snowflake
spreadsheet spreadsheet-tab SQL sqlserver ssh staged STALE Standard starrocks STARTS_WITH STRING
String string SUBMITTED SUBTOTAL success SUM SUM_DISTINCT_ON summary-value summaryValue svg-map
svgMap TABLE table tabloid TIME TIME_FOR_INTERVAL_DURATION TIME_FOR_UNIT_DURATION TIMEOUT
TIMESTAMP TOPIC trino true UNKNOWN UNSTARTED updatedAt
urn:ietf:params:scim:api:messages:2.0:Error urn:ietf:params:scim:api:messages:2.0:ListResponse
urn:ietf:params:scim:api:messages:2.0:PatchOp urn:ietf:params:scim:schemas:core:2.0:Group
urn:ietf:params:scim:schemas:core:2.0:User USER User user userGroup users-only VALIDATION_ERROR
vegalite VIEW VIEWER viewer visits warning webhook WITH_ISSUES WORKBOOK xlsx
""".split()
) | {"displayName", "members", "name", "path", "single tile"}
KEYS_OF_VALUES = frozenset(
    """
accessSource aggregate_type authMethod baseRole cache cache_type category chartType
conditionType connectionRole content content_filter_mode contentType controlType data_type
date_type destination destinationType dialect embedRole error_type errorType excludedAttributes
exportVersion filter_type find_or_replace_type find_type format gitServiceProvider include
includeDeleted join_type key_scope keyScope kind lastRunStatus lastStatus layout mode model_kind
modelKind op org_role organizationRole orgRole paperFormat paperOrientation relationship_type
relationshipType requirePullRequest resourceType resultType role scheduleType schemas scope
severity sortDirection sortField state status supportsDbt timed_out type visType
""".split()
)


#: Below these keys an object has names of the organization's own as its keys: fields, files, models, people's
#: attributes. So nothing in them is a word of the API but what stands in an object below such a name.
NAMED_BY_OTHERS = frozenset(
    """
always_where_filters checksums controls default_filters fields files filterConfig filters jobs_submitted
join_via_map rolesByModel tileFilterMap userAttributes user_attributes viewNames
urn:omni:params:1.0:UserAttribute
""".split()
)

#: Where numbers may be anything that a person has in mind, such as a salary in a filter.
NUMBERS_OF_OTHERS = frozenset("defaultValue default_value left_side right_side value values".split())
#: Parameters that name keys of records.
PARAMETERS_OF_KEYS = frozenset("excludedAttributes include sortField".split())
#: Parameters whose digits are how many, and not an id.
NUMBERS_OF_PARAMETERS = frozenset("count limit numberOfResults pageSize startIndex".split())

#: Keys that say what they say to everybody: time zones.
PLAIN_KEYS = frozenset("omni_user_timezone timeZone timezone".split())

#: What a field in brackets is cut into.
TIMEFRAMES = frozenset(
    """
year quarter month week date hour minute second millisecond raw time month_num month_name day_of_week_num
day_of_week_name day_of_month day_of_year hour_of_day quarter_of_year
""".split()
)

#: Where errors speak, and the words that stay of what they say: those that errors are told apart by.
PROSE_KEYS = frozenset("detail error error_message errorMessage message reason".split())
PROSE = frozenset(
    """
a access account action after again allow allowed already an and another any api are argument arguments as at
authorization bad be bearer because been before behalf between body branch but by can cannot change changed
configured conflict connection content could created cursor database dbt deleted denied disabled document does down
enabled error exceeded exist exists expected failed feature field fields filter folder for forbidden found from
gateway group had has have header id identifier if in internal invalid is it job key label later length limit
list many maximum may method minute missing model must name no not of on only or organization parameter
parameters path permission permissions personal plan please property query rate refused request requests
required result rule rules schedule scim server service session should sort string such support supported
syntax temporarily than that the there this time timed to token too topic try type unauthorized unavailable
unexpected unknown unsupported user users valid value view was were when which with you your
""".split()
)
#: What a web page is known by.
HTML = frozenset("body charset div doctype form head html login meta page script sign title".split())
#: The operators of SCIM's filters.
SCIM = frozenset("and co eq ew ge gt le lt ne not or pr sw".split())
