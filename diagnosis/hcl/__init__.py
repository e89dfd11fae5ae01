"""HashiCorp's configuration language as blocks and expressions with their lines; what they mean is for the reader of each tool.

Source: HCL Native Syntax Specification (hashicorp/hcl).
"""
