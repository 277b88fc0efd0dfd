//go:build !purego

#include "textflag.h"

// one counts a row: tallied.rows, and the padding.
DATA one<>+0(SB)/8, $1.0
DATA one<>+8(SB)/8, $0.0
GLOBL one<>(SB), RODATA|NOPTR, $16

// func spreadAVX(codes *uint8, stride, width int, ids *int32, n int, low, high *uint8)
TEXT ·spreadAVX(SB), NOSPLIT, $0-56
	MOVQ codes+0(FP), SI
	MOVQ stride+8(FP), R8
	MOVQ width+16(FP), R12
	MOVQ low+40(FP), R9
	MOVQ high+48(FP), R10
	XORQ R11, R11

spreadBlocks:
	MOVQ    ids+24(FP), BX
	MOVQ    n+32(FP), CX
	VMOVDQU (R9)(R11*1), Y0
	VMOVDQU (R10)(R11*1), Y1

spreadRows:
	MOVLQSX (BX), AX
	IMULQ   R8, AX
	VMOVDQU (SI)(AX*1), Y2
	VPMINUB Y2, Y0, Y0
	VPMAXUB Y2, Y1, Y1
	ADDQ    $4, BX
	DECQ    CX
	JNZ     spreadRows
	VMOVDQU Y0, (R9)(R11*1)
	VMOVDQU Y1, (R10)(R11*1)
	ADDQ    $32, SI
	ADDQ    $32, R11
	CMPQ    R11, R12
	JNE     spreadBlocks
	VZEROUPPER
	RET

// func tallyAVX(codes *uint8, stride, width int, ids *int32, moments *moment, n int, cut, bit *uint8, even, odd *tallied)
TEXT ·tallyAVX(SB), NOSPLIT, $0-80
	MOVQ    codes+0(FP), SI
	MOVQ    stride+8(FP), R8
	MOVQ    ids+24(FP), BX
	MOVQ    moments+32(FP), DX
	MOVQ    n+40(FP), CX
	MOVQ    cut+48(FP), R9
	MOVQ    bit+56(FP), R10
	MOVQ    even+64(FP), DI
	MOVQ    odd+72(FP), R13
	MOVQ    width+16(FP), R15
	VMOVUPD one<>(SB), X7
	VPXOR   Y6, Y6, Y6

tallyRows:
	MOVLQSX (BX), AX
	IMULQ   R8, AX
	ADDQ    SI, AX
	VPXOR   Y0, Y0, Y0
	XORQ    R11, R11

tallyBlocks:
	VMOVDQU  (AX)(R11*1), Y1
	VPMINUB  (R9)(R11*1), Y1, Y2
	VPCMPEQB Y1, Y2, Y2          // all ones where the code is at most the cut
	VPAND    (R10)(R11*1), Y2, Y2
	VPSADBW  Y6, Y2, Y2          // each bit occurs once, so that adding is joining
	VPADDQ   Y2, Y0, Y0
	ADDQ     $32, R11
	CMPQ     R11, R15
	JNE      tallyBlocks

	VEXTRACTI128 $1, Y0, X1
	VPADDQ       X1, X0, X0
	VPSHUFD      $0xEE, X0, X1
	VPADDQ       X1, X0, X0
	VMOVQ        X0, R12
	SHLQ         $5, R12
	VMOVUPD      (DX), X3
	VINSERTF128  $1, X7, Y3, Y3
	VADDPD       (DI)(R12*1), Y3, Y3
	VMOVUPD      Y3, (DI)(R12*1)
	ADDQ         $4, BX
	ADDQ         $16, DX
	XCHGQ        DI, R13
	DECQ         CX
	JNZ          tallyRows
	VZEROUPPER
	RET

// func partitionAVX(codes *uint8, cut, missing int, ids, spareIDs *int32, moments, spareMoments *moment, n int) int
TEXT ·partitionAVX(SB), NOSPLIT, $0-72
	MOVQ codes+0(FP), SI
	MOVQ cut+8(FP), R8
	MOVQ missing+16(FP), R9
	MOVQ ids+24(FP), BX
	MOVQ spareIDs+32(FP), R10
	MOVQ moments+40(FP), DX
	MOVQ spareMoments+48(FP), R11
	MOVQ n+56(FP), CX
	MOVQ BX, DI               // the end of the left rows
	MOVQ DX, R12

partitionRows:
	MOVLQSX (BX), AX
	VMOVUPD (DX), X0
	MOVBQZX (SI)(AX*1), R13
	MOVL    AX, (DI)
	VMOVUPD X0, (R12)
	MOVL    AX, (R10)
	VMOVUPD X0, (R11)
	XORL    AX, AX
	CMPQ    R13, R8
	SETLS   AX
	CMPQ    R13, R9
	SETEQ   R13
	ORL     R13, AX
	ANDL    $1, AX
	LEAQ    (DI)(AX*4), DI
	MOVQ    AX, R13
	SHLQ    $4, R13
	ADDQ    R13, R12
	XORL    $1, AX
	LEAQ    (R10)(AX*4), R10
	SHLQ    $4, AX
	ADDQ    AX, R11
	ADDQ    $4, BX
	ADDQ    $16, DX
	DECQ    CX
	JNZ     partitionRows
	SUBQ    ids+24(FP), DI
	SHRQ    $2, DI
	MOVQ    DI, ret+64(FP)
	RET
