select 12 as amount
